import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Download, ScrollText, SearchX } from 'lucide-react'
import { ProblemError } from '~/api/client'
import { auditExport, auditQuery } from '~/api/queries'
import { auditFilter } from '~/model/audit'
import { useText } from '~/text'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { MoreButton } from '~/ui/more-button'
import { AuditFilters } from './audit-filters'
import { AuditItem } from './audit-item'

const route = getRouteApi('/audit')

export function AuditPage() {
  const t = useText().audit
  const search = route.useSearch()
  const filter = auditFilter(search)
  const query = useInfiniteQuery({ ...auditQuery(filter), placeholderData: keepPreviousData })
  const entries = query.data?.pages.flatMap(({ items }) => items)
  const isFiltered = Object.keys(search).length > 0
  if (query.error instanceof ProblemError && query.error.status === 403) {
    return (
      <>
        <PageHead title={t.title} sub={t.sub} />
        <Empty Icon={ScrollText} title={t.needsAdmin}>
          {query.error.message}
        </Empty>
      </>
    )
  }
  return (
    <>
      <PageHead
        title={t.title}
        sub={t.sub}
        actions={
          <a className="btn btn-sm" href={auditExport(filter)} download title={t.exportHint}>
            <Download aria-hidden className="size-4" />
            {t.export}
          </a>
        }
      />
      <AuditFilters />
      <Loaded query={{ data: entries, error: query.error, refetch: query.refetch }} rows={10}>
        {(shown) =>
          shown.length > 0 ? (
            <ul aria-label={t.title}>
              {shown.map((entry) => (
                <AuditItem key={entry.id} entry={entry} />
              ))}
            </ul>
          ) : isFiltered ? (
            <Empty Icon={SearchX} title={t.noMatch} />
          ) : (
            <Empty Icon={ScrollText} title={t.nothing}>
              {t.nothingHint}
            </Empty>
          )
        }
      </Loaded>
      <MoreButton query={query} />
    </>
  )
}
