/** What the overview shows of what a check found: which entries, in which order, in which groups. */
import type { Entry, EntryStatus, Job, Workload } from '~/api/types'

export const SORTS = ['status', 'name', 'level', 'age'] as const
export type Sort = (typeof SORTS)[number]
export type Wish = { q: string; status: readonly EntryStatus[]; sort: Sort }

/** What needs somebody comes first. */
const STATUS_RANK: Record<EntryStatus, number> = {
  update: 0,
  newer: 1,
  held: 2,
  unknown: 3,
  gone: 4,
  skipped: 5,
  'up-to-date': 6,
}
const LEVEL_RANK = { major: 0, minor: 1, patch: 2, 'same-level': 3, digest: 4, requested: 5 } as const

export type Group = { key: string; stack: string | null; entries: Entry[] }

/** What tells entries apart. A container and a service may have the same name. */
export const entryKey = ({ stack, name }: { stack?: string | null; name: string }) => `${stack ?? ''}/${name}`

export const workloadOf = ({ stack, name }: Entry): Workload => ({ stack: stack ?? null, name })

export const canBeTaken = (entry: Entry) => entry.status === 'update'

export function countByStatus(entries: readonly Entry[]): Map<EntryStatus, number> {
  const counts = new Map<EntryStatus, number>()
  for (const { status } of entries) counts.set(status, (counts.get(status) ?? 0) + 1)
  return counts
}

/** Whether all words are somewhere in what is seen of an entry. */
export function matches(entry: Entry, q: string): boolean {
  const text = [entry.stack, entry.name, entry.image, entry.candidate?.tag, entry.reason].join(' ').toLowerCase()
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

export function groupsOf(entries: readonly Entry[], wish: Wish): Group[] {
  const shown = entries.filter(
    (entry) => (wish.status.length === 0 || wish.status.includes(entry.status)) && matches(entry, wish.q),
  )
  const groups = new Map<string, Group>()
  for (const entry of shown) {
    const stack = entry.stack ?? null
    const key = stack ?? ''
    const group = groups.get(key) ?? { key, stack, entries: [] }
    groups.set(key, group)
    group.entries.push(entry)
  }
  const compare = comparing(wish.sort)
  for (const group of groups.values()) group.entries.sort(compare)
  // Containers of no stack come last: they have no common name to be found by.
  return [...groups.values()].sort((a, b) =>
    a.stack === null || b.stack === null
      ? Number(a.stack === null) - Number(b.stack === null)
      : byName(a.stack, b.stack),
  )
}

const byName = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })

function comparing(sort: Sort): (a: Entry, b: Entry) => number {
  const rank = (entry: Entry): number => {
    if (sort === 'status') return STATUS_RANK[entry.status]
    if (sort === 'level') return entry.candidate ? LEVEL_RANK[entry.candidate.level] : Object.keys(LEVEL_RANK).length
    if (sort === 'age') return entry.candidate?.since ? Date.parse(entry.candidate.since.at) : Number.MAX_VALUE
    return 0
  }
  return (a, b) => rank(a) - rank(b) || byName(a.name, b.name)
}

export type Row = { type: 'group'; group: Group; isOpen: boolean } | { type: 'entry'; entry: Entry; isLast: boolean }

/** The rows of a long list, groups opened or not. */
export function rowsOf(groups: readonly Group[], closed: ReadonlySet<string>): Row[] {
  return groups.flatMap((group): Row[] => {
    const isOpen = !closed.has(group.key)
    const head: Row = { type: 'group', group, isOpen }
    if (!isOpen) return [head]
    const last = group.entries.length - 1
    return [head, ...group.entries.map((entry, index): Row => ({ type: 'entry', entry, isLast: index === last }))]
  })
}

export const isGoingOn = (job: Job) => job.state === 'running' || job.state === 'undoing'

/** The job that goes on for each service, if one does. */
export function activeJobs(jobs: readonly Job[]): Map<string, Job> {
  return new Map(jobs.filter(isGoingOn).map((job) => [entryKey(job.workload), job]))
}

/** Jobs that need a person, unless a later job of the same service went well. */
export function needingAttention(newestFirst: readonly Job[]): Job[] {
  const seen = new Set<string>()
  return newestFirst.filter((job) => {
    const key = entryKey(job.workload)
    const isNewest = !seen.has(key)
    seen.add(key)
    return isNewest && job.state === 'needs-attention'
  })
}
