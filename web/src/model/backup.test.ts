import { expect, test } from 'vitest'
import { newestFirst, saysMore, targetState } from './backup'
import { targetLook } from './status'

test('the newest backup comes first, and one of no known time last', () => {
  const backups = [
    { name: 'shop/odd', created_at: null },
    { name: 'blog/a', created_at: '2026-03-01T12:00:00Z' },
    { name: 'shop/b', created_at: '2026-03-02T08:00:00Z' },
    { name: 'also-odd' },
    { name: 'blog/c', created_at: '2026-03-02T09:00:00+02:00' },
  ]
  expect(newestFirst(backups).map(({ name }) => name)).toEqual(['shop/b', 'blog/c', 'blog/a', 'also-odd', 'shop/odd'])
})

test.each([
  [{ is_copied: true, code: null }, 'copied', false],
  [{ is_copied: false, code: 'skipped_by_size' }, 'too-large', true],
  [{ is_copied: false, code: 'skipped_by_probe_error' }, 'not-measured', true],
  [{ is_copied: false, code: 'skipped_by_rule' }, 'by-rule', false],
  [{ is_copied: false, code: 'skipped_read_only' }, 'read-only', false],
  [{ is_copied: false, code: 'skipped_system' }, 'system', false],
  [{ is_copied: false, code: 'skipped_out_of_scope' }, 'out-of-scope', false],
  [{ is_copied: false, code: 'skipped_by_moonlight' }, 'skipped', true],
  [{ is_copied: false }, 'skipped', true],
] as const)('%j is %s', (target, state, more) => {
  expect(targetState(target)).toBe(state)
  expect(saysMore(state)).toBe(more)
})

test('no two states of a place of data have the same sign', () => {
  const signs = Object.values(targetLook).map(({ Icon }) => Icon)
  expect(new Set(signs).size).toBe(signs.length)
})
