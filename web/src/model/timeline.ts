/** A job's journal as a story: which stages it reached, how long each took, what was seen in it. */
import type { HealthProbe, Job, JobFailure, JobStep, Stage } from '~/api/types'

export const STAGES = ['preflight', 'pull', 'backup', 'apply', 'verify'] as const satisfies readonly Stage[]

export type StageState = 'waiting' | 'running' | 'done' | 'failed' | 'left-out'
export type StageStory = {
  stage: Stage
  direction: JobStep['direction']
  state: StageState
  startedAt: string | undefined
  endedAt: string | undefined
  steps: JobStep[]
}

/** The stages of one direction, in the order in which they happen. */
export function storyOf(
  journal: readonly JobStep[],
  direction: JobStep['direction'],
  state: Job['state'],
): StageStory[] {
  const order = direction === 'do' ? STAGES : STAGES.toReversed()
  const stories = order.map((stage): StageStory => {
    const steps = journal.filter((step) => step.stage === stage && step.direction === direction)
    const end = steps.findLast(({ kind }) => kind === 'done' || kind === 'failed')
    const started = steps[0]
    const isOver = direction === 'do' ? state !== 'running' : state !== 'undoing'
    const open: StageState = started ? (isOver ? 'failed' : 'running') : isOver ? 'left-out' : 'waiting'
    return {
      stage,
      direction,
      state: end ? (end.kind === 'done' ? 'done' : 'failed') : open,
      startedAt: started?.at,
      endedAt: end?.at,
      steps,
    }
  })
  return direction === 'undo' ? stories.filter(({ steps }) => steps.length > 0) : stories
}

/** A thing that was done, from when it was meant to when it was over; or something that was seen or failed. */
export type Deed = { step: JobStep; endedAt: string | undefined; isOpen: boolean }

/** The steps of a stage without those that say the same twice: an intention and its outcome are one deed. */
export function deedsOf(steps: readonly JobStep[]): Deed[] {
  const deeds: Deed[] = []
  for (const step of steps) {
    if (step.kind === 'started' || (step.kind === 'done' && !step.text && !step.backup && !step.verified)) continue
    const meant = step.kind === 'did' && deeds.findLast((deed) => deed.isOpen && deed.step.text === step.text)
    if (meant) {
      meant.endedAt = step.at
      meant.isOpen = false
    } else if (!step.probe && step.last_lines.length === 0) {
      deeds.push({ step, endedAt: step.kind === 'did' ? step.at : undefined, isOpen: step.kind === 'intends' })
    }
  }
  return deeds
}

export type SeenProbe = { at: string; direction: JobStep['direction']; probe: HealthProbe }

export function probesOf(journal: readonly JobStep[]): SeenProbe[] {
  return journal.flatMap(({ at, direction, probe }) => (probe ? [{ at, direction, probe }] : []))
}

/** What the failed container wrote last. */
export function lastLinesOf(journal: readonly JobStep[]): string[] {
  return journal.filter(({ direction }) => direction === 'do').flatMap(({ last_lines }) => last_lines)
}

export function backupOf(journal: readonly JobStep[]) {
  return journal.find(({ backup }) => backup)?.backup ?? undefined
}

export function verifiedOf(journal: readonly JobStep[]) {
  return journal.findLast(({ verified }) => verified)?.verified ?? undefined
}

export function failureOf(job: Job): JobFailure | undefined {
  return job.undo_failure ?? job.cause ?? undefined
}
