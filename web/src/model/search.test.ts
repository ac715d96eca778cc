import { expect, test } from 'vitest'
import { jobsSearch, overviewSearch, settingsSearch, workloadSearch } from './search'

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
