import { expect, test } from 'vitest'
import type { Change, Entry } from '~/api/types'
import { diffLines, holdType, insistingOn, wantedAgain, wantedFor } from './plan'

const web = { stack: 'shop', name: 'web' }
const api = { stack: 'shop', name: 'api' }
const vpn = { stack: null, name: 'vpn' }

test('as little as possible is asked for', () => {
  expect(wantedFor([web])).toEqual({ what: { stack: 'shop', service: 'web' } })
  expect(wantedFor([vpn])).toEqual({ what: { container: 'vpn' } })
  expect(wantedFor([web, api])).toEqual({ what: { stack: 'shop' }, only: [web, api] })
  expect(wantedFor([web, vpn])).toEqual({ what: {}, only: [web, vpn] })
})

test('what is held is asked for by its tag', () => {
  const entry = { ...web, candidate: { tag: '2.0', architecture: 'mismatch' } } as Entry
  expect(insistingOn(entry)).toEqual({
    what: { stack: 'shop', service: 'web' },
    tag: '2.0',
    allow_architecture_mismatch: true,
  })
})

test('a plan is made again for exactly what it was asked for', () => {
  const changes = [{ workload: web }, { workload: vpn }] as Change[]
  const asked = { what: { stack: 'shop' }, only: [web], tag: null, roll_back_without_healthcheck: true }
  expect(wantedAgain({ asked, changes })).toBe(asked)
  expect(wantedAgain({ asked, changes: [] })).toBe(asked)
  expect(wantedAgain({ asked: null, changes })).toEqual({ what: {}, only: [web, vpn] })
  expect(wantedAgain({ changes: [] })).toBeUndefined()
})

test('a hold has a type, or is none that is known', () => {
  expect(holdType({ hold: { type: 'ignored', rule: 1 } as never })).toBe('ignored')
  expect(holdType({ hold: null })).toBeUndefined()
  expect(holdType({})).toBeUndefined()
})

test('a diff is told line by line', () => {
  const lines = diffLines(['--- a/compose.yml\n', '+++ b/compose.yml\n', '@@ -1 +1 @@\n', '-a\n+b\n', ' c'])
  expect(lines.map(({ kind }) => kind)).toEqual(['place', 'removed', 'added', 'same'])
})
