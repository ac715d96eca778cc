/** What is to be asked for when somebody wants these changed. */
import type { Entry, NewPlan, Plan, What, Workload } from '~/api/types'

/** These, to what the policy chooses for them. */
export function wantedFor(workloads: readonly Workload[]): NewPlan {
  const [first, ...others] = workloads
  if (first && others.length === 0) return { what: whatOf(first) }
  const stacks = new Set(workloads.map(({ stack }) => stack))
  const stack = first?.stack
  return { what: stacks.size === 1 && stack ? { stack } : {}, only: [...workloads] }
}

/** The candidate of an entry although it is held: by its tag, which is how it is asked for against the policy. */
export function insistingOn(entry: Entry): NewPlan {
  const { candidate, stack, name } = entry
  return {
    what: whatOf({ stack: stack ?? null, name }),
    ...(candidate ? { tag: candidate.tag, allow_architecture_mismatch: candidate.architecture !== 'matches' } : {}),
  }
}

/** What a plan was made for, to have it made again. Of one that the server made by itself it is what it changes. */
export function wantedAgain({ asked, changes }: Pick<Plan, 'asked' | 'changes'>): NewPlan | undefined {
  if (asked) return asked
  return changes.length > 0 ? wantedFor(changes.map(({ workload }) => workload)) : undefined
}

export const whatOf = ({ stack, name }: Workload): What => (stack ? { stack, service: name } : { container: name })

export type HoldType =
  | 'architecture-mismatch'
  | 'architecture-unknown'
  | 'stopped'
  | 'is-dockrev'
  | 'not-in-files'
  | 'files-not-applied'
  | 'mixed-replicas'
  | 'volumes-left'
  | 'others-tied-to-it'
  | 'retagged-locally'
  | 'moved-back'
  | 'too-young'
  | 'taken-back'
  | 'cannot-rewrite'
  | 'ignored'
  | 'old-answers'
  | 'shown-only'
  | 'cannot-recreate'
  | 'not-installed'

/** Why something newer is not taken, as the `type` that the API gives it. A newer server may know others. */
export function holdType(entry: Pick<Entry, 'hold'>): string | undefined {
  const hold: unknown = entry.hold
  const type = typeof hold === 'object' && hold !== null && 'type' in hold ? hold.type : undefined
  return typeof type === 'string' ? type : undefined
}

export type DiffLine = { kind: 'added' | 'removed' | 'place' | 'same'; text: string }

/** The lines of a unified diff, each with what it is. The two lines that name the files are left out. */
export function diffLines(lines: readonly string[]): DiffLine[] {
  return lines
    .flatMap((line) => line.replace(/\n$/, '').split('\n'))
    .filter((line) => !/^(---|\+\+\+) /.test(line))
    .map((text) => {
      if (text.startsWith('+')) return { kind: 'added', text }
      if (text.startsWith('-')) return { kind: 'removed', text }
      return { kind: text.startsWith('@@') ? 'place' : 'same', text }
    })
}
