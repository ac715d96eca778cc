import { Check, Minus } from 'lucide-react'
import type { BackupPlan, BackupTarget } from '~/api/types'
import { bytes } from '~/model/format'
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
    <ul>
      {targets.map((target) => (
        <li key={target.name} className="flex flex-wrap items-baseline gap-x-3 py-0.5">
          <span className={`inline-flex min-w-0 items-baseline gap-1.5 ${target.is_copied ? '' : 'text-warning'}`}>
            {target.is_copied ? (
              <Check role="img" aria-label={t.copied} className="size-4 shrink-0 self-center text-success" />
            ) : (
              <Minus role="img" aria-label={t.notCopied} className="size-4 shrink-0 self-center" />
            )}
            <code className="code">{target.name}</code>
          </span>
          {target.size_bytes != null && <span className="quiet">{bytes(target.size_bytes)}</span>}
          {target.is_copied && target.consistency && <span className="quiet">{t.consistency[target.consistency]}</span>}
          {target.goes_back && <Tag tone="success">{t.goesBackData}</Tag>}
          {!target.is_copied && (
            <span className="text-warning">
              {t.notCopied}
              {target.reason && (
                <>
                  : <Prose text={target.reason} />
                </>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
