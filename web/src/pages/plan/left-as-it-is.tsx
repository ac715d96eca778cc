import { Link } from '@tanstack/react-router'
import type { Entry } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { holdType, insistingOn } from '~/model/plan'
import { entryLook } from '~/model/status'
import { workloadLink } from '~/pages/links'
import { useText } from '~/text'
import { Prose, Sign } from '~/ui/basics'
import { usePlanning } from './planning'

/** What was looked at and is not changed, each with the reason. */
export function LeftAsItIs({ entries }: { entries: Entry[] }) {
  const t = useText()
  const plan = usePlanning()
  return (
    <ul>
      {entries.map((entry) => (
        <li
          key={workloadLabel(entry)}
          className="grid gap-x-4 gap-y-0.5 border-b line py-2 sm:grid-cols-[minmax(0,1fr)_7.5rem_minmax(0,2.2fr)]"
        >
          <Link {...workloadLink(entry)} className="truncate rounded font-medium hover:underline">
            {workloadLabel(entry)}
          </Link>
          <Sign look={entryLook[entry.status]}>{t.status[entry.status]}</Sign>
          <span className="quiet">
            <Prose text={entry.reason} />{' '}
            {holdType(entry) && entry.candidate && (
              <button
                type="button"
                title={entry.candidate.architecture === 'mismatch' ? t.plan.overrideHint : undefined}
                className="link link-primary"
                onClick={() => plan(insistingOn(entry))}
              >
                {t.plan.override}
              </button>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
