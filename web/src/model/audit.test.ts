import { expect, test } from 'vitest'
import { auditExport } from '~/api/queries'
import { auditFilter } from './audit'

test('the trail is asked for what the address says, and nothing else', () => {
  expect(auditFilter({})).toEqual({})
  expect(auditFilter({ who: ' user:ann ', q: 'POST ', failed: false })).toEqual({
    who: 'user:ann',
    q: 'POST ',
    failed: false,
  })
})

test('days are whole, and those of whoever looks', () => {
  expect(auditFilter({ since: '2026-02-28', until: '2026-02-28' })).toEqual({
    since: new Date(2026, 1, 28).toISOString(),
    until: new Date(2026, 2, 1).toISOString(),
  })
})

test('what is downloaded is what is shown', () => {
  expect(auditExport({})).toBe('/api/v1/audit/export')
  const address = new URL(auditExport({ who: 'user:a&b', failed: true, since: '2026-03-01T00:00:00.000Z' }), 'http://x')
  expect(address.pathname).toBe('/api/v1/audit/export')
  expect(Object.fromEntries(address.searchParams)).toEqual({
    who: 'user:a&b',
    failed: 'true',
    since: '2026-03-01T00:00:00.000Z',
  })
})
