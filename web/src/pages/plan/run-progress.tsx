import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleDashed, CircleMinus } from 'lucide-react'
import { ProblemError } from '~/api/client'
import { jobQuery } from '~/api/queries'
import type { Plan, Run, RunItem } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { jobLook } from '~/model/status'
import { jobLink } from '~/pages/links'
import { useText } from '~/text'
import { Ago, Sign } from '~/ui/basics'
import { ChangeLine } from '~/ui/change'
import { ProblemNote, Section, Warnings } from '~/ui/layout'
import { StageDots } from '~/ui/stage-dots'

/** How far a started plan has come: a line for each change, filling in as its job goes on. */
export function RunProgress({ plan, run }: { plan: Plan; run: Run }) {
  const t = useText().plan
  return (
    <Section
      title={t.run}
      actions={
        <span className="text-xs quiet">
          {run.ended_at ? (
            <>
              {t.ended} <Ago at={run.ended_at} />
            </>
          ) : (
            <>
              {t.started} <Ago at={run.started_at} />
            </>
          )}{' '}
          {t.by} {run.started_by}
        </span>
      }
    >
      {run.state === 'interrupted' && <Warnings warnings={[t.interrupted]} />}
      <div className="space-y-2">
        {run.problems.map((problem) => (
          <ProblemNote key={problem.message} error={new ProblemError(200, problem)} />
        ))}
      </div>
      <ul>
        {run.items.map((item) => (
          <RunLine
            key={workloadLabel(item.workload)}
            item={item}
            change={plan.changes.find(({ workload }) => workloadLabel(workload) === workloadLabel(item.workload))}
          />
        ))}
      </ul>
    </Section>
  )
}

function RunLine({ item, change }: { item: RunItem; change: Plan['changes'][number] | undefined }) {
  const t = useText()
  return (
    <li className="grid min-h-10 items-center gap-x-4 gap-y-1 border-b line py-1.5 sm:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)_minmax(0,1.4fr)_auto]">
      <span className="truncate font-medium">{workloadLabel(item.workload)}</span>
      {change ? <ChangeLine change={change} /> : <span />}
      {item.job ? (
        <JobCells id={item.job} />
      ) : (
        <span className="sm:col-span-2">
          <Sign look={{ tone: 'quiet', Icon: item.outcome === 'waiting' ? CircleDashed : CircleMinus }}>
            {t.plan.outcome[item.outcome]}
            {item.reason && `: ${item.reason.replaceAll('`', '')}`}
          </Sign>
        </span>
      )}
    </li>
  )
}

function JobCells({ id }: { id: string }) {
  const t = useText()
  const { data } = useQuery(jobQuery(id))
  if (!data) return <span className="sm:col-span-2" />
  const { job, journal } = data
  return (
    <>
      <span className="flex min-w-0 items-center gap-3">
        <StageDots journal={journal} state={job.state} />
        <Sign look={jobLook[job.state]}>
          {t.jobState[job.state]}
          {job.stage && ` · ${t.stage[job.stage]}`}
        </Sign>
      </span>
      <Link {...jobLink(id)} className="btn justify-self-start btn-ghost btn-sm sm:justify-self-end">
        {job.state === 'running' || job.state === 'undoing' ? t.plan.watch : t.details}
      </Link>
    </>
  )
}
