/** Backups as they are listed, and what is copied into one. */
import type { Backup, BackupTarget } from '~/api/types'

/** The newest first. One whose name tells no time comes last. */
export function newestFirst<T extends Pick<Backup, 'name' | 'created_at'>>(backups: readonly T[]): T[] {
  const time = ({ created_at }: T) => (created_at ? Date.parse(created_at) : -Infinity)
  return backups.toSorted((a, b) => {
    const [at, other] = [time(a), time(b)]
    return at === other ? a.name.localeCompare(b.name, 'en') : other > at ? 1 : -1
  })
}

export type TargetState =
  'copied' | 'too-large' | 'not-measured' | 'by-rule' | 'read-only' | 'system' | 'out-of-scope' | 'skipped'

const BY_CODE: ReadonlyMap<string, TargetState> = new Map([
  ['skipped_by_size', 'too-large'],
  ['skipped_by_probe_error', 'not-measured'],
  ['skipped_by_rule', 'by-rule'],
  ['skipped_read_only', 'read-only'],
  ['skipped_system', 'system'],
  ['skipped_out_of_scope', 'out-of-scope'],
])

/** What is done with a place of data. A newer server may know other reasons to skip one. */
export function targetState({ is_copied, code }: Pick<BackupTarget, 'is_copied' | 'code'>): TargetState {
  if (is_copied) return 'copied'
  return BY_CODE.get(code ?? '') ?? 'skipped'
}

/** Whether the server's reason says more than the state does: how large, or why it is not known. */
export const saysMore = (state: TargetState) => state === 'too-large' || state === 'not-measured' || state === 'skipped'
