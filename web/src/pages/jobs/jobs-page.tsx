import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { History, SearchX } from 'lucide-react'
import { entriesQuery, jobsQuery } from '~/api/queries'
import { JOB_STATES } from '~/model/status'
import { useText } from '~/text'
import { Choice } from '~/ui/choice'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { MoreButton } from '~/ui/more-button'
import { JobTable } from './job-table'

const route = getRouteApi('/jobs')

export function JobsPage() {
  const t = useText()
  const search = route.useSearch()
  const query = useInfiniteQuery(jobsQuery(search))
  const jobs = query.data?.pages.flatMap(({ items }) => items)
  const isFiltered = Object.keys(search).length > 0
  return (
    <>
      <PageHead title={t.jobs.title} sub={t.jobs.sub} />
      <Filters />
      <Loaded query={{ ...query, data: jobs }} rows={10}>
        {(shown) =>
          shown.length > 0 ? (
            <JobTable jobs={shown} label={t.jobs.title} />
          ) : isFiltered ? (
            <Empty Icon={SearchX} title={t.jobs.noMatch} />
          ) : (
            <Empty Icon={History} title={t.jobs.nothing}>
              {t.jobs.nothingHint}
            </Empty>
          )
        }
      </Loaded>
      <MoreButton query={query} />
    </>
  )
}

/** By state, stack and service: kept in the address. */
function Filters() {
  const t = useText()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: entries } = useQuery(entriesQuery)
  const inStacks = (entries ?? []).filter(({ stack }) => stack)
  const stacks = [...new Set(inStacks.map(({ stack }) => stack ?? ''))]
  const services = inStacks.filter(({ stack }) => stack === search.stack).map(({ name }) => name)
  const change = (part: Record<string, unknown>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true })
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <Choice
        label={t.jobs.state}
        all={t.jobs.any}
        value={search.state}
        options={JOB_STATES.map((state) => [state, t.jobState[state]])}
        onChange={(state) => change({ state })}
      />
      <Choice
        label={t.jobs.stack}
        all={t.jobs.anyStack}
        value={search.stack}
        options={withChosen(stacks, search.stack)}
        onChange={(stack) => change({ stack, service: undefined })}
      />
      {search.stack && (
        <Choice
          label={t.jobs.service}
          all={t.jobs.anyService}
          value={search.service}
          options={withChosen(services, search.service)}
          onChange={(service) => change({ service })}
        />
      )}
    </div>
  )
}

/** What is in the address may be gone from the host: it stays a choice. */
const withChosen = (names: string[], chosen: string | undefined) =>
  [...new Set([...names, ...(chosen ? [chosen] : [])])].map((name) => [name, name] as const)
