import { describe, expect, test } from 'vitest'
import type { Entry, Job } from '~/api/types'
import { activeJobs, countByStatus, groupsOf, matches, needingAttention, rowsOf, type Wish } from './overview'

const entry = (stack: string | null, name: string, more: Partial<Entry> = {}): Entry => ({
  kind: stack ? 'service' : 'container',
  stack,
  name,
  image: `${name}:1.0`,
  current_tag: '1.0',
  status: 'up-to-date',
  reason: 'no newer tag',
  considered: [],
  warnings: [],
  elapsed_ms: 1,
  ...more,
})

const job = (id: string, name: string, state: Job['state']) => ({ id, workload: { stack: 'shop', name }, state }) as Job

const all: Wish = { q: '', status: [], sort: 'status' }
const names = (entries: Entry[], wish: Wish) =>
  groupsOf(entries, wish).map(({ stack, entries: inside }) => [stack, inside.map(({ name }) => name)])

const entries = [
  entry(null, 'vpn', { status: 'update' }),
  entry('shop', 'web10', { status: 'held', reason: 'not built for linux/amd64' }),
  entry('shop', 'web2', { status: 'update' }),
  entry('shop', 'api'),
  entry('blog', 'db', { image: 'postgres:16', status: 'skipped' }),
]

describe('groups', () => {
  test('what needs somebody comes first, containers without a stack last', () => {
    expect(names(entries, all)).toEqual([
      ['blog', ['db']],
      ['shop', ['web2', 'web10', 'api']],
      [null, ['vpn']],
    ])
  })

  test('names are sorted as people count', () => {
    expect(names(entries, { ...all, sort: 'name' })[1]).toEqual(['shop', ['api', 'web2', 'web10']])
  })

  test('a filter leaves out groups that have nothing left', () => {
    expect(names(entries, { ...all, status: ['update'] })).toEqual([
      ['shop', ['web2']],
      [null, ['vpn']],
    ])
  })

  test('every word has to be somewhere', () => {
    expect(names(entries, { ...all, q: 'SHOP amd64' })).toEqual([['shop', ['web10']]])
    expect(entries.filter((one) => matches(one, 'postgres')).map(({ name }) => name)).toEqual(['db'])
  })

  test('closed groups keep their head alone', () => {
    const rows = rowsOf(groupsOf(entries, all), new Set(['shop']))
    expect(rows.map((row) => (row.type === 'group' ? row.group.key : row.entry.name))).toEqual([
      'blog',
      'db',
      'shop',
      '',
      'vpn',
    ])
  })
})

test('statuses are counted', () => {
  expect(countByStatus(entries).get('update')).toBe(2)
})

test('a job that goes on is found by its service', () => {
  const active = activeJobs([job('2', 'web', 'undoing'), job('1', 'api', 'updated')])
  expect([...active.keys()]).toEqual(['shop/web'])
})

test('what a later job put right needs nobody', () => {
  const jobs = [job('3', 'web', 'updated'), job('2', 'web', 'needs-attention'), job('1', 'api', 'needs-attention')]
  expect(needingAttention(jobs).map(({ id }) => id)).toEqual(['1'])
})
