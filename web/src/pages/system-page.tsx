import { useQuery } from '@tanstack/react-query'
import { Stethoscope } from 'lucide-react'
import { useState } from 'react'
import { checkQuery, doctorQuery, systemQuery } from '~/api/queries'
import type { Finding, System } from '~/api/types'
import { duration } from '~/model/format'
import { findingLook, toneText } from '~/model/status'
import { useText } from '~/text'
import { Prose, Spinner } from '~/ui/basics'
import { useNow } from '~/ui/clock'
import { Facts } from '~/ui/facts'
import { PageHead, ProblemNote, Section, Warnings } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'

export function SystemPage() {
  const t = useText()
  const query = useQuery(systemQuery)
  return (
    <>
      <PageHead title={t.system.title} sub={query.data && `Dockrev ${query.data.version}`} />
      <Loaded query={query}>{(system) => <About system={system} />}</Loaded>
      <Doctor />
    </>
  )
}

function About({ system }: { system: System }) {
  const t = useText()
  const { data: check } = useQuery(checkQuery)
  const now = useNow()
  const { caller } = system
  const effort = check?.effort
  const requests = Object.values(effort?.requests ?? {}).reduce((sum, number) => sum + number, 0)
  return (
    <section className="mb-9">
      <Facts
        facts={[
          {
            name: t.system.caller,
            value: (
              <span>
                <b className="font-medium">{caller.who}</b> {t.system.may(t.scope[caller.scope])}
              </span>
            ),
          },
          { name: t.system.running, value: <span>{duration(now - Date.parse(system.started_at))}</span> },
          { name: t.system.engine, value: <code className="code">{system.engine}</code> },
          check?.platform != null && { name: t.system.platform, value: <span>{check.platform}</span> },
          { name: t.system.data, value: <code className="code">{system.data_dir}</code> },
          system.active > 0 && { name: t.system.active, value: <span>{t.system.activeCount(system.active)}</span> },
          effort && {
            name: t.system.lastCheck,
            value: <span>{t.system.effort(requests, effort.answered_from_cache, duration(effort.elapsed_ms))}</span>,
          },
          {
            name: t.system.api,
            value: (
              <a className="link" href="/api/v1/openapi.json">
                /api/v1/openapi.json
              </a>
            ),
          },
        ]}
      />
      <div className="mt-3">
        <Warnings warnings={[...(system.is_open ? [t.system.open] : []), ...system.warnings]} />
      </div>
    </section>
  )
}

/** Looks at everything when it is asked to: it takes a while, and asks registries. */
function Doctor() {
  const t = useText().system
  const [isWanted, setWanted] = useState(false)
  const query = useQuery({ ...doctorQuery, enabled: isWanted })
  const look = () => (isWanted ? void query.refetch() : setWanted(true))
  const sum = (state: Finding['state']) => query.data?.findings.filter((finding) => finding.state === state).length ?? 0
  return (
    <Section
      title={t.doctor}
      note={query.data ? t.doctorSum(sum('ok'), sum('warning'), sum('broken')) : t.doctorNote}
      actions={
        <button type="button" className="btn btn-sm" disabled={query.isFetching} onClick={look}>
          {query.isFetching ? <Spinner /> : <Stethoscope aria-hidden className="size-4" />}
          {query.isFetching ? t.doctorBusy : query.data ? t.doctorAgain : t.doctorRun}
        </button>
      }
    >
      {query.error && <ProblemNote error={query.error} />}
      {query.data && (
        <ul aria-label={t.doctor}>
          {query.data.findings
            .toSorted((a, b) => RANK[a.state] - RANK[b.state])
            .map((finding, index) => (
              <FindingItem key={index} finding={finding} />
            ))}
        </ul>
      )}
    </Section>
  )
}

/** What is broken comes first. */
const RANK = { broken: 0, warning: 1, ok: 2 } satisfies Record<Finding['state'], number>

function FindingItem({ finding }: { finding: Finding }) {
  const t = useText()
  const { Icon, tone } = findingLook[finding.state]
  return (
    <li className="grid grid-cols-[1rem_minmax(0,1fr)] gap-x-3 border-b line py-2 md:grid-cols-[1rem_minmax(0,1fr)_minmax(0,2fr)]">
      <Icon role="img" aria-label={t.finding[finding.state]} className={`mt-0.5 size-4 ${toneText[tone]}`} />
      <span className="min-w-0">
        <span className="quiet">{finding.area}</span> <span className="font-medium">{finding.subject}</span>
      </span>
      <span className="min-w-0 max-md:col-start-2">
        <Prose text={finding.message} />
        {finding.hint && (
          <span className="block quiet">
            <Prose text={finding.hint} />
          </span>
        )}
      </span>
    </li>
  )
}
