/** What can be read, as values: the one place that knows which address it is at and what it is kept under. */
import { infiniteQueryOptions, queryOptions, type QueryClient } from '@tanstack/react-query'
import { client, content } from './client'
import type { paths } from './schema.gen'
import type { AuditFilter, Entry, JobState, LogLine, NewIgnoreRule, Workload } from './types'

/** Most entries of a page of a list that is read to its end. */
const PAGE = 1000
/** Entries of a page of a list that is read on as somebody scrolls. */
const SHOWN_PAGE = 50
/** Jobs that are looked through for those that are going on. */
const RECENT_JOBS = 50
/** Lines of a container that are shown. */
const CONTAINER_LINES = 1000
/** How often the lines of a container are read again while somebody follows them. */
const FOLLOW_MS = 2000
/** How long what needs no event to change is believed. */
const RARELY_MS = 60_000

export type JobFilter = { state?: JobState | undefined; stack?: string | undefined; service?: string | undefined }

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/system', { signal })),
  refetchInterval: RARELY_MS,
})

export const checkQuery = queryOptions({
  queryKey: ['check'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/check', { signal })),
})

export const stacksQuery = queryOptions({
  queryKey: ['stacks'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/stacks', { signal })),
})

export const entriesQuery = queryOptions({
  queryKey: ['entries'],
  queryFn: async ({ signal }) => {
    const items: Entry[] = []
    let cursor: string | undefined
    do {
      const query = { limit: PAGE, ...(cursor ? { cursor } : {}) }
      const page = await content(client.GET('/api/v1/services', { signal, params: { query } }))
      items.push(...page.items)
      cursor = page.next_cursor ?? undefined
    } while (cursor)
    return items
  },
})

export const workloadQuery = ({ stack, name }: Workload) =>
  queryOptions({
    queryKey: ['workload', stack ?? null, name],
    queryFn: ({ signal }) =>
      stack
        ? content(
            client.GET('/api/v1/stacks/{stack}/services/{service}', {
              signal,
              params: { path: { stack, service: name } },
            }),
          )
        : content(client.GET('/api/v1/containers/{name}', { signal, params: { path: { name } } })),
  })

export const workloadLogQuery = ({ stack, name }: Workload, follow: boolean) =>
  queryOptions({
    queryKey: ['workload-log', stack ?? null, name],
    queryFn: ({ signal }) => {
      const query = { lines: CONTAINER_LINES }
      return stack
        ? content(
            client.GET('/api/v1/stacks/{stack}/services/{service}/log', {
              signal,
              params: { path: { stack, service: name }, query },
            }),
          )
        : content(client.GET('/api/v1/containers/{name}/log', { signal, params: { path: { name }, query } }))
    },
    refetchInterval: follow ? FOLLOW_MS : false,
  })

/** Is kept below its workload: what changes that, labels among it, may change these. */
export const workloadSettingsQuery = ({ stack, name }: Workload) =>
  queryOptions({
    queryKey: ['workload', stack ?? null, name, 'settings'],
    queryFn: ({ signal }) =>
      stack
        ? content(
            client.GET('/api/v1/stacks/{stack}/services/{service}/settings', {
              signal,
              params: { path: { stack, service: name } },
            }),
          )
        : content(client.GET('/api/v1/containers/{name}/settings', { signal, params: { path: { name } } })),
  })

/** Has data measured, so it is read when somebody wants it and not by the way. */
export const workloadBackupQuery = ({ stack, name }: Workload) =>
  queryOptions({
    queryKey: ['workload-backup', stack ?? null, name],
    queryFn: ({ signal }) =>
      stack
        ? content(
            client.GET('/api/v1/stacks/{stack}/services/{service}/backup', {
              signal,
              params: { path: { stack, service: name } },
            }),
          )
        : content(client.GET('/api/v1/containers/{name}/backup', { signal, params: { path: { name } } })),
    staleTime: Infinity,
    retry: false,
  })

/** The newest jobs: what goes on is among them, and events keep them fresh. */
export const recentJobsQuery = queryOptions({
  queryKey: ['recent-jobs'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/jobs', { signal, params: { query: { limit: RECENT_JOBS } } })),
})

export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: ['jobs', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: SHOWN_PAGE, ...given({ ...filter, cursor: pageParam }) }
      return content(client.GET('/api/v1/jobs', { signal, params: { query } }))
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: ['job', id],
    queryFn: ({ signal }) => content(client.GET('/api/v1/jobs/{id}', { signal, params: { path: { id } } })),
  })

/** A job's log. What was read stays: only what came after it is asked for. */
export const jobLogQuery = (id: string, queries: QueryClient) =>
  queryOptions({
    queryKey: ['job-log', id],
    queryFn: async ({ signal }): Promise<LogLine[]> => {
      const lines = [...(queries.getQueryData<LogLine[]>(['job-log', id]) ?? [])]
      for (;;) {
        const after = lines.at(-1)?.number
        const query = { limit: PAGE, ...(after === undefined ? {} : { cursor: String(after) }) }
        const page = await content(client.GET('/api/v1/jobs/{id}/log', { signal, params: { path: { id }, query } }))
        lines.push(...page.items)
        if (page.items.length < PAGE) return lines
      }
    },
    structuralSharing: false,
  })

export const planQuery = (id: string) =>
  queryOptions({
    queryKey: ['plan', id],
    queryFn: ({ signal }) => content(client.GET('/api/v1/plans/{id}', { signal, params: { path: { id } } })),
  })

export const ignoreRulesQuery = queryOptions({
  queryKey: ['ignore-rules'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/ignore-rules', { signal })),
})

export const ignorePreviewQuery = (rule: NewIgnoreRule) =>
  queryOptions({
    queryKey: ['ignore-preview', rule],
    queryFn: ({ signal }) => content(client.POST('/api/v1/ignore-rules/preview', { signal, body: rule })),
    retry: false,
  })

export const backupsQuery = queryOptions({
  queryKey: ['backups'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/backups', { signal })),
})

export const pluginsQuery = queryOptions({
  queryKey: ['plugins'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/plugins', { signal })),
  staleTime: RARELY_MS,
})

export const registriesQuery = queryOptions({
  queryKey: ['registries'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/registries', { signal })),
})

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/settings', { signal })),
  staleTime: RARELY_MS,
})

/** Asks registries, so it is run when somebody wants it and not by the way. */
export const doctorQuery = queryOptions({
  queryKey: ['doctor'],
  queryFn: ({ signal }) => content(client.GET('/api/v1/doctor', { signal })),
  staleTime: Infinity,
  retry: false,
})

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = { limit: SHOWN_PAGE, ...filter, ...given({ cursor: pageParam }) }
      return content(client.GET('/api/v1/audit', { signal, params: { query } }))
    },
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })

/** Where all entries are that the filter lets through, as a file. */
export function auditExport(filter: AuditFilter): string {
  const query = new URLSearchParams(Object.entries(filter).map(([name, value]) => [name, String(value)]))
  const path = '/api/v1/audit/export' satisfies keyof paths
  return query.size > 0 ? `${path}?${query.toString()}` : path
}

/** Leaves out what is not given: the API tells an absent parameter from an empty one. */
function given<T extends Record<string, unknown>>(query: T) {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
