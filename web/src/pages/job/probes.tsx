import { CircleX, HeartPulse } from 'lucide-react'
import type { JobStep } from '~/api/types'
import { clockTime } from '~/model/format'
import { probesOf } from '~/model/timeline'
import { useText } from '~/text'
import { Section } from '~/ui/layout'

/** Every probe of a healthcheck that the job saw, and what it said. */
export function Probes({ journal }: { journal: readonly JobStep[] }) {
  const t = useText().job
  const probes = probesOf(journal)
  if (probes.length === 0) return null
  return (
    <Section title={t.probes}>
      <ol>
        {probes.map(({ at, direction, probe }) => {
          const isGood = probe.exit_code === 0
          const Icon = isGood ? HeartPulse : CircleX
          return (
            <li
              key={at + probe.container}
              className="grid grid-cols-[1rem_auto_minmax(0,1fr)] items-baseline gap-x-3 border-b line py-1 text-xs last:border-0 sm:grid-cols-[1rem_4rem_7rem_minmax(0,1fr)]"
            >
              <Icon aria-hidden className={`size-4 self-center ${isGood ? 'text-success' : 'text-error'}`} />
              <time dateTime={probe.began_at} className="quiet">
                {clockTime(probe.began_at)}
              </time>
              <span className={isGood ? 'text-success' : 'text-error'}>
                {isGood ? t.probe.good : t.probe.bad(probe.exit_code)}
              </span>
              <span className="quiet max-sm:col-span-2 max-sm:col-start-2">
                {probe.output.trim() || t.noOutput} · {probe.container}
                {direction === 'undo' && ` · ${t.probeBack}`}
              </span>
            </li>
          )
        })}
      </ol>
    </Section>
  )
}
