/** The stream of what happens. It says that something changed; what it is now is in the cache of queries, and only there. */
import type { QueryClient } from '@tanstack/react-query'
import type { CheckSummary, Job, JobDetail, Plan } from './types'

const STREAM = '/api/v1/events'
const KINDS = [
  'check-progress',
  'candidates-changed',
  'job',
  'job-log',
  'plan',
  'ignore-rules',
  'backups',
  'containers',
  'reset',
] as const
export type EventKind = (typeof KINDS)[number]

/** How often at most the same thing is read again, however many events say that it changed. */
const SETTLE_MS = 250

export type Connection = 'connecting' | 'open' | 'lost'

let connection: Connection = 'connecting'
const listeners = new Set<() => void>()

export const connectionStore = {
  get: () => connection,
  subscribe: (listener: () => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

function setConnection(next: Connection) {
  if (next === connection) return
  connection = next
  listeners.forEach((listener) => listener())
}

/** After how long a stream that the server refused is tried again. */
const RETRY_MS = 5000

/** Listens, and goes on listening, until the function that is returned is called. */
export function listen(queries: QueryClient): () => void {
  let source: EventSource | undefined
  let timer: number | undefined
  let wasLost = false
  const open = () => {
    source = new EventSource(STREAM)
    source.onopen = () => {
      setConnection('open')
      // A browser sends the last id only with a source it kept: what a new one missed is not known.
      if (wasLost) void queries.invalidateQueries()
      wasLost = false
    }
    source.onerror = () => {
      setConnection('lost')
      if (source?.readyState !== EventSource.CLOSED) return
      wasLost = true
      void queries.invalidateQueries({ queryKey: ['system'] })
      timer = window.setTimeout(open, RETRY_MS)
    }
    for (const kind of KINDS) {
      source.addEventListener(kind, (event: MessageEvent<string>) => heard(queries, kind, event.data))
    }
  }
  open()
  return () => {
    window.clearTimeout(timer)
    source?.close()
  }
}

/** Puts into the cache what an event brings, and has read again what it only names. */
export function heard(queries: QueryClient, kind: EventKind, text: string) {
  switch (kind) {
    case 'reset':
      void queries.invalidateQueries()
      return
    case 'check-progress': {
      const progress = JSON.parse(text) as Omit<NonNullable<CheckSummary['running']>, 'is_whole'>
      const running = { is_whole: true, ...progress }
      queries.setQueryData<CheckSummary>(['check'], (check) => check && { ...check, running })
      return
    }
    case 'candidates-changed':
      again(queries, ['check'], ['entries'], ['stacks'], ['workload'], ['registries'])
      return
    case 'job':
      jobChanged(queries, JSON.parse(text) as Job)
      return
    case 'job-log':
      again(queries, ['job-log', (JSON.parse(text) as { job: string }).job])
      return
    case 'plan': {
      const { plan, run } = JSON.parse(text) as { plan: string; run: NonNullable<Plan['run']> }
      queries.setQueryData<Plan>(['plan', plan], (old) => old && { ...old, run })
      again(queries, ['recent-jobs'], ['jobs'], ['system'])
      return
    }
    case 'ignore-rules':
      again(queries, ['ignore-rules'], ['ignore-preview'], ['entries'], ['workload'], ['check'])
      return
    case 'backups':
      again(queries, ['backups'])
      return
    case 'containers':
      again(queries, ['workload'], ['entries'], ['stacks'])
      return
  }
}

function jobChanged(queries: QueryClient, job: Job) {
  queries.setQueryData<JobDetail>(['job', job.id], (old) => old && { ...old, job })
  queries.setQueryData<{ items: Job[]; next_cursor?: string | null }>(['recent-jobs'], (old) => {
    if (!old) return old
    const isKnown = old.items.some((other) => other.id === job.id)
    const items = isKnown ? old.items.map((other) => (other.id === job.id ? job : other)) : [job, ...old.items]
    return { ...old, items }
  })
  again(
    queries,
    ['job', job.id],
    ['job-log', job.id],
    ['jobs'],
    ['workload', job.workload.stack ?? null, job.workload.name],
  )
}

const waiting = new Map<string, readonly unknown[]>()
let settling: ReturnType<typeof setTimeout> | undefined

/** Has these read again, once for all events of a moment. */
function again(queries: QueryClient, ...keys: readonly (readonly unknown[])[]) {
  for (const key of keys) waiting.set(JSON.stringify(key), key)
  settling ??= setTimeout(() => {
    settling = undefined
    const due = [...waiting.values()]
    waiting.clear()
    for (const queryKey of due) void queries.invalidateQueries({ queryKey })
  }, SETTLE_MS)
}
