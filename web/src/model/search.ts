/** What the address says beyond the path, read with care: whatever is not understood is as if it were not there. */
import type { EntryStatus, JobState } from '~/api/types'
import { SORTS, type Sort } from './overview'
import { ENTRY_STATUSES, JOB_STATES } from './status'

export type Raw = Record<string, unknown>

export type OverviewSearch = { q?: string; status?: EntryStatus[]; sort?: Sort }
export type JobsSearch = { state?: JobState; stack?: string; service?: string }
export const TABS = ['summary', 'history', 'log', 'settings'] as const
export type Tab = (typeof TABS)[number]
export type WorkloadSearch = { tab?: Tab }
export type SettingsSearch = { q?: string }
/** `since` and `until` are days, both of them included. */
export type AuditSearch = { who?: string; q?: string; failed?: boolean; since?: string; until?: string }

const text = (value: unknown): string | undefined => {
  const read = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof read === 'string' && read.trim() !== '' ? read : undefined
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value)
}

/** A day that there is: `2026-03-01`. */
function day(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value) ? value : undefined
}

/** Leaves out what is `undefined`, so that it does not get into the address. */
function present<T extends Record<string, unknown>>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

export function overviewSearch(raw: Raw): OverviewSearch {
  const list = Array.isArray(raw.status) ? raw.status : [raw.status]
  const status = ENTRY_STATUSES.filter((choice) => list.includes(choice))
  const sort = oneOf(SORTS, raw.sort)
  return present({
    q: text(raw.q),
    status: status.length > 0 ? status : undefined,
    sort: sort === 'status' ? undefined : sort,
  })
}

export function jobsSearch(raw: Raw): JobsSearch {
  return present({ state: oneOf(JOB_STATES, raw.state), stack: text(raw.stack), service: text(raw.service) })
}

export function workloadSearch(raw: Raw): WorkloadSearch {
  const tab = oneOf(TABS, raw.tab)
  return present({ tab: tab === 'summary' ? undefined : tab })
}

export function settingsSearch(raw: Raw): SettingsSearch {
  return present({ q: text(raw.q) })
}

export function auditSearch(raw: Raw): AuditSearch {
  return present({
    who: text(raw.who),
    q: text(raw.q),
    failed: typeof raw.failed === 'boolean' ? raw.failed : undefined,
    since: day(raw.since),
    until: day(raw.until),
  })
}
