import type { BackupPlan, BackupTarget } from '~/api/types'
import { saysMore, targetState } from '~/model/backup'
import { bytes } from '~/model/format'
import { targetLook, toneText } from '~/model/status'
import { useText } from '~/text'
import { Prose, Tag } from '~/ui/basics'

/** Where the stack keeps data: what is copied, how large it is, and what is not and why. What goes back comes first. */
export function BackupTargets({ backup }: { backup: BackupPlan }) {
  const own = backup.targets.filter(({ goes_back, is_copied }) => goes_back || !is_copied)
  const others = backup.targets.filter((target) => !own.includes(target))
  return (
    <div className="w-full">
      <TargetList targets={own} />
      {others.length > 0 && <Others targets={others} isAlone={own.length === 0} />}
    </div>
  )
}

function Others({ targets, isAlone }: { targets: BackupTarget[]; isAlone: boolean }) {
  const t = useText()
  const size = targets.reduce((sum, { size_bytes }) => sum + (size_bytes ?? 0), 0)
  return (
    <details className={isAlone ? '' : 'mt-1'}>
      <summary className="cursor-pointer rounded quiet">{t.plan.othersCopied(targets.length, bytes(size))}</summary>
      <TargetList targets={targets} />
    </details>
  )
}

function TargetList({ targets }: { targets: BackupTarget[] }) {
  const t = useText().plan
  return (
    <ul aria-label={t.places}>
      {targets.map((target) => (
        <TargetItem key={target.name} target={target} />
      ))}
    </ul>
  )
}

function TargetItem({ target }: { target: BackupTarget }) {
  const t = useText().plan
  const state = targetState(target)
  const { Icon, tone } = targetLook[state]
  const colour = toneText[target.is_a_gap ? 'warning' : tone]
  return (
    <li data-state={state} className="flex flex-wrap items-baseline gap-x-3 py-0.5">
      <span className="inline-flex min-w-0 items-baseline gap-1.5">
        <Icon aria-hidden className={`size-4 shrink-0 self-center ${colour}`} />
        <code className="code">{target.name}</code>
      </span>
      <span className={colour}>{t.target[state]}</span>
      {target.size_bytes != null && <span className="quiet">{bytes(target.size_bytes)}</span>}
      {target.is_copied && target.consistency && <span className="quiet">{t.consistency[target.consistency]}</span>}
      {target.goes_back && <Tag tone="success">{t.goesBackData}</Tag>}
      {target.is_a_gap && <Tag tone="warning">{t.gap}</Tag>}
      {target.reason && saysMore(state) && (
        <span className="quiet">
          <Prose text={target.reason} />
        </span>
      )}
    </li>
  )
}
