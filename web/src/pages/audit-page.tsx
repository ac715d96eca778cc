import { useInfiniteQuery } from '@tanstack/react-query'
import { ScrollText } from 'lucide-react'
import { ProblemError } from '~/api/client'
import { auditQuery } from '~/api/queries'
import type { AuditEntry } from '~/api/types'
import { useText } from '~/text'
import { Ago } from '~/ui/basics'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { MoreButton } from '~/ui/more-button'

/** The columns, from the width on at which there is room for them. */
const GRID = 'md:grid-cols-[7rem_minmax(0,1fr)_minmax(0,2.6fr)_minmax(0,1fr)]'

export function AuditPage() {
  const t = useText().audit
  const query = useInfiniteQuery(auditQuery)
  const entries = query.data?.pages.flatMap(({ items }) => items)
  const isRefused = query.error instanceof ProblemError && query.error.status === 403
  return (
    <>
      <PageHead title={t.title} sub={t.sub} />
      {isRefused ? (
        <Empty Icon={ScrollText} title={t.needsAdmin}>
          {query.error?.message}
        </Empty>
      ) : (
        <Loaded query={{ data: entries, error: query.error, refetch: query.refetch }} rows={10}>
          {(shown) =>
            shown.length > 0 ? (
              <ul aria-label={t.title}>
                {shown.map((entry) => (
                  <AuditItem key={entry.id} entry={entry} />
                ))}
              </ul>
            ) : (
              <Empty Icon={ScrollText} title={t.nothing}>
                {t.nothingHint}
              </Empty>
            )
          }
        </Loaded>
      )}
      <MoreButton query={query} />
    </>
  )
}

function AuditItem({ entry }: { entry: AuditEntry }) {
  const t = useText().audit
  const isGood = entry.status < 400
  const [method, path] = entry.action.split(' ')
  return (
    <li className={`grid gap-x-4 gap-y-0.5 border-b line py-2 ${GRID}`}>
      <Ago at={entry.at} className="quiet" />
      <span className="min-w-0">
        <span className="font-medium">{entry.who}</span>{' '}
        <span className="text-xs quiet">
          {t.from} {entry.address}
        </span>
      </span>
      <div className="min-w-0">
        <code className="code">
          <b className="font-semibold">{method}</b> {path?.replace('/api/v1', '')}
        </code>
        {entry.parameters && entry.parameters !== '{}' && (
          <details>
            <summary className="cursor-pointer rounded text-xs quiet">{t.parameters}</summary>
            <pre className="mt-1 rounded bg-base-200 px-2 py-1 text-xs whitespace-pre-wrap">{entry.parameters}</pre>
          </details>
        )}
      </div>
      <span className={isGood ? 'text-success' : 'text-error'}>
        {entry.status} {entry.code && <code className="code">{entry.code}</code>}
      </span>
    </li>
  )
}
