import { describe, expect, test } from 'vitest'
import type { JobStep } from '~/api/types'
import { backupOf, deedsOf, lastLinesOf, probesOf, storyOf } from './timeline'

const at = (second: number) => `2026-03-01T12:00:${String(second).padStart(2, '0')}.000Z`
const step = (
  second: number,
  stage: JobStep['stage'],
  kind: JobStep['kind'],
  more: Partial<JobStep> = {},
): JobStep => ({ at: at(second), stage, kind, direction: 'do', last_lines: [], ...more })
const probe = (second: number, exit_code: number) => ({
  probe: { began_at: at(second), container: 'web_1', exit_code, output: '' },
})

const failed: JobStep[] = [
  step(0, 'preflight', 'started'),
  step(1, 'preflight', 'done'),
  step(1, 'pull', 'started'),
  step(1, 'pull', 'intends', { text: 'pull web' }),
  step(3, 'pull', 'did', { text: 'pull web' }),
  step(3, 'pull', 'done', { text: 'abc' }),
  step(4, 'backup', 'started'),
  step(5, 'backup', 'done', { backup: { name: 'shop/x.tar.zst', size_bytes: 9, held_ms: 4 } }),
  step(5, 'apply', 'started'),
  step(9, 'apply', 'done'),
  step(9, 'verify', 'started'),
  step(11, 'verify', 'saw', probe(11, 1)),
  step(12, 'verify', 'saw', { last_lines: ['it broke'] }),
  step(12, 'verify', 'failed', { failure: { stage: 'verify', code: 'verify.not-healthy', message: 'bad' } }),
  step(13, 'apply', 'started', { direction: 'undo' }),
  step(18, 'apply', 'saw', { direction: 'undo', ...probe(18, 0) }),
  step(19, 'apply', 'done', { direction: 'undo' }),
]

describe('stages', () => {
  const states = (journal: JobStep[], state: Parameters<typeof storyOf>[2]) =>
    storyOf(journal, 'do', state).map((story) => story.state)

  test('fill in while a job goes on', () => {
    expect(states([], 'running')).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'waiting'])
    expect(states(failed.slice(0, 4), 'running')).toEqual(['done', 'running', 'waiting', 'waiting', 'waiting'])
    expect(states(failed, 'rolled-back')).toEqual(['done', 'done', 'done', 'done', 'failed'])
  })

  test('that a cancelled job did not come to are left out, and the one it was in did not end well', () => {
    expect(states(failed.slice(0, 4), 'rolled-back')).toEqual(['done', 'failed', 'left-out', 'left-out', 'left-out'])
  })

  test('on the way back are those that were reached, in the other order', () => {
    const back = storyOf([...failed, step(20, 'pull', 'started', { direction: 'undo' })], 'undo', 'undoing')
    expect(back.map(({ stage, state }) => [stage, state])).toEqual([
      ['apply', 'done'],
      ['pull', 'running'],
    ])
  })
})

test('an intention and its outcome are one deed', () => {
  const deeds = deedsOf(failed.filter(({ stage }) => stage === 'pull'))
  expect(deeds.map(({ step: { text }, endedAt, isOpen }) => [text, endedAt, isOpen])).toEqual([
    ['pull web', at(3), false],
    ['abc', undefined, false],
  ])
  expect(deedsOf(failed.slice(2, 4))[0]?.isOpen).toBe(true)
})

test('evidence is what the candidate said, not what came after it', () => {
  const later = step(20, 'apply', 'saw', { direction: 'undo', last_lines: ['old one'] })
  expect(lastLinesOf([...failed, later])).toEqual(['it broke'])
  expect(probesOf(failed).map(({ probe: { exit_code } }) => exit_code)).toEqual([1, 0])
  expect(backupOf(failed)?.size_bytes).toBe(9)
})
