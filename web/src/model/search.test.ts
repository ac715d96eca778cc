import { expect, test } from 'vitest'
import { auditSearch, jobsSearch, overviewSearch, settingsSearch, workloadSearch } from './search'

test.each([
  [{}, {}],
  [
    { q: 'web', status: ['held', 'update'], sort: 'age' },
    { q: 'web', status: ['update', 'held'], sort: 'age' },
  ],
  [{ status: 'held' }, { status: ['held'] }],
  [{ status: ['nonsense', 3], sort: 'up', q: '  ' }, {}],
  [{ q: 16, sort: 'status' }, { q: '16' }],
  [{ q: { deep: true }, other: 'x' }, {}],
])('the overview understands %j', (raw, read) => {
  expect(overviewSearch(raw)).toEqual(read)
})

test('the other pages understand what they know, and nothing else', () => {
  expect(jobsSearch({ state: 'failed', stack: 'shop', service: 5 })).toEqual({
    state: 'failed',
    stack: 'shop',
    service: '5',
  })
  expect(jobsSearch({ state: 'odd' })).toEqual({})
  expect(workloadSearch({ tab: 'log' })).toEqual({ tab: 'log' })
  expect(workloadSearch({ tab: 'summary' })).toEqual({})
  expect(settingsSearch({ q: 'backup' })).toEqual({ q: 'backup' })
})

test.each([
  [{}, {}],
  [
    { who: 'user:ann', q: 404, failed: false, since: '2026-03-01', until: '2026-03-31' },
    { who: 'user:ann', q: '404', failed: false, since: '2026-03-01', until: '2026-03-31' },
  ],
  [{ failed: 'true', since: '2026-02-30', until: 'yesterday', other: 'x' }, {}],
  [{ who: ' ', since: 20260301, until: '2026-03-01T12:00:00Z' }, {}],
])('the audit trail understands %j', (raw, read) => {
  expect(auditSearch(raw)).toEqual(read)
})
