import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { heard } from './events'
import type { CheckSummary, Job, JobDetail, Plan } from './types'

let queries: QueryClient
let readAgain: string[]

beforeEach(() => {
  vi.useFakeTimers()
  queries = new QueryClient()
  readAgain = []
  vi.spyOn(queries, 'invalidateQueries').mockImplementation((filter) => {
    readAgain.push(JSON.stringify(filter?.queryKey ?? 'all'))
    return Promise.resolve()
  })
})
afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
})

const job = (id: string, state: Job['state']) => ({ id, state, workload: { stack: 'shop', name: 'web' } }) as Job

test('a job that changed is changed where it is shown, and its journal read again', () => {
  const detail = { journal: [], is_asked_to_cancel: false, plan: 'p' }
  queries.setQueryData(['job', '1'], { ...detail, job: job('1', 'running') })
  queries.setQueryData(['recent-jobs'], { items: [job('1', 'running')] })
  heard(queries, 'job', JSON.stringify(job('1', 'updated')))
  expect(queries.getQueryData<JobDetail>(['job', '1'])).toEqual({ ...detail, job: job('1', 'updated') })
  expect(queries.getQueryData<{ items: Job[] }>(['recent-jobs'])?.items.map(({ state }) => state)).toEqual(['updated'])
  vi.runAllTimers()
  expect(readAgain).toContain('["job","1"]')
})

test('a job that is new comes first', () => {
  queries.setQueryData(['recent-jobs'], { items: [job('1', 'updated')] })
  heard(queries, 'job', JSON.stringify(job('2', 'running')))
  expect(queries.getQueryData<{ items: Job[] }>(['recent-jobs'])?.items.map(({ id }) => id)).toEqual(['2', '1'])
})

test('many events of a moment read a log again once', () => {
  const line = JSON.stringify({ job: '1', workload: {}, at: '2026-03-01T12:00:00Z', source: 'engine', text: 'x' })
  for (let count = 0; count < 50; count += 1) heard(queries, 'job-log', line)
  vi.runAllTimers()
  expect(readAgain).toEqual(['["job-log","1"]'])
})

test('progress of a check is shown without asking', () => {
  queries.setQueryData(['check'], { counts: {}, registries: {} })
  heard(queries, 'check-progress', JSON.stringify({ started_at: '2026-03-01T12:00:00Z', done: 2, total: 9 }))
  expect(queries.getQueryData<CheckSummary>(['check'])?.running).toMatchObject({ done: 2, total: 9 })
  vi.runAllTimers()
  expect(readAgain).toEqual([])
})

test('how far a plan has come is shown; what is not shown is not made up', () => {
  const run = { state: 'running', started_by: 'dev', started_at: '', items: [], problems: [] }
  queries.setQueryData(['plan', 'p'], { id: 'p', changes: [] })
  heard(queries, 'plan', JSON.stringify({ plan: 'p', run }))
  heard(queries, 'plan', JSON.stringify({ plan: 'other', run }))
  expect(queries.getQueryData<Plan>(['plan', 'p'])?.run?.state).toBe('running')
  expect(queries.getQueryData(['plan', 'other'])).toBeUndefined()
})

test('after a reset everything is read again', () => {
  heard(queries, 'reset', '')
  expect(readAgain).toEqual(['"all"'])
})
