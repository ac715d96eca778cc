import { Link } from '@tanstack/react-router'
import type { Change } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { diffLines, whatOf, type DiffLine } from '~/model/plan'
import { companionFacts } from '~/pages/companions'
import { workloadLink } from '~/pages/links'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'
import { ChangeSides } from '~/ui/change'
import { Facts } from '~/ui/facts'
import { Warnings } from '~/ui/layout'
import { BackupTargets } from './backup-targets'
import { usePlanning } from './planning'

/** One change of a plan: what, why, what is saved before, and what happens if it fails. */
export function ChangeCard({ change, isOpen }: { change: Change; isOpen: boolean }) {
  const t = useText()
  const name = workloadLabel(change.workload)
  return (
    <article className="mb-9">
      <header className="mb-1 flex flex-wrap items-baseline gap-x-5 gap-y-1 border-b line pb-2">
        <h2 className="text-[0.9375rem] font-semibold">
          <Link {...workloadLink(change.workload)} className="rounded hover:underline">
            {name}
          </Link>
        </h2>
        <ChangeSides change={change} />
      </header>
      {isOpen && (
        <>
          <Facts
            facts={[
              {
                name: t.plan.why,
                value: (
                  <span>
                    <Prose text={change.reason} />
                  </span>
                ),
              },
              { name: t.plan.writtenLabel, value: <span>{t.plan.written[change.written]}</span> },
              ...companionFacts(t, change.workload.stack, change),
              { name: t.plan.safety, value: <Safety change={change} /> },
              {
                name: t.plan.backup,
                value: change.backup?.targets.length ? (
                  <BackupTargets backup={change.backup} />
                ) : (
                  <span>{t.plan.backupNone}</span>
                ),
              },
            ]}
          />
          <div className="mt-3">
            <Warnings warnings={change.warnings} />
          </div>
        </>
      )}
      {change.diff.length > 0 && <Diff lines={diffLines(change.diff)} label={t.plan.diffOf(name)} />}
    </article>
  )
}

function Safety({ change }: { change: Change }) {
  const t = useText().plan
  const plan = usePlanning()
  if (change.had_healthcheck && change.rolls_back_by_itself) return <span>{t.goesBack}</span>
  if (change.rolls_back_by_itself) return <span>{t.goesBackWithout}</span>
  return (
    <>
      <span className="text-warning">{t.staysPut}</span>
      <button
        type="button"
        className="link link-primary"
        onClick={() => plan({ what: whatOf(change.workload), roll_back_without_healthcheck: true })}
      >
        {t.makeItGoBack}
      </button>
    </>
  )
}

const DIFF_TONE = {
  added: 'bg-success/10 text-success',
  removed: 'bg-error/10 text-error',
  place: 'quiet',
  same: '',
} satisfies Record<DiffLine['kind'], string>

function Diff({ lines, label }: { lines: DiffLine[]; label: string }) {
  return (
    <figure className="mt-3">
      <figcaption className="mb-1 text-xs quiet">{label}</figcaption>
      <pre tabIndex={0} aria-label={label} className="overflow-x-auto rounded-box bg-base-200 py-2 text-xs leading-5">
        {lines.map(({ kind, text }, index) => (
          <div key={index} className={`min-w-max px-3 ${DIFF_TONE[kind]}`}>
            {text || ' '}
          </div>
        ))}
      </pre>
    </figure>
  )
}
