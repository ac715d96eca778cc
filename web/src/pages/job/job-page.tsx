import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { jobQuery } from '~/api/queries'
import type { Job, JobDetail } from '~/api/types'
import { duration, workloadLabel } from '~/model/format'
import { isGoingOn } from '~/model/overview'
import { jobLook } from '~/model/status'
import { planLink, workloadLink } from '~/pages/links'
import { useText } from '~/text'
import { Ago, CopyButton, Sign } from '~/ui/basics'
import { ChangeSides } from '~/ui/change'
import { useSeconds } from '~/ui/clock'
import { PageHead, Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { Evidence } from './evidence'
import { JobActions } from './job-actions'
import { JobFacts } from './job-facts'
import { JobLog } from './job-log'
import { Probes } from './probes'
import { Stages } from './stages'

const route = getRouteApi('/jobs/$id')

export function JobPage() {
  const { id } = route.useParams()
  const query = useQuery(jobQuery(id))
  return <Loaded query={query}>{(detail) => <Shown key={detail.job.id} detail={detail} />}</Loaded>
}

function Shown({ detail }: { detail: JobDetail }) {
  const t = useText()
  const { job, journal } = detail
  return (
    <>
      <PageHead
        above={
          <span className="flex items-center gap-1">
            <Link to="/jobs">{t.nav.jobs}</Link> / <code>{job.id}</code>
            <CopyButton text={job.id} what={job.id} />
          </span>
        }
        title={workloadLabel(job.workload)}
        tab={`${t.jobState[job.state]} ${workloadLabel(job.workload)}`}
        sub={<ChangeSides change={job.change} />}
        actions={<JobActions detail={detail} />}
      />
      <div className="mb-6 flex flex-wrap items-center gap-x-3 gap-y-1" role="status">
        <Sign look={jobLook[job.state]} className="font-semibold">
          {t.jobState[job.state]}
        </Sign>
        <When job={job} />
        {detail.is_asked_to_cancel && isGoingOn(job) && <span className="text-warning">{t.job.cancelling}</span>}
        <span className="ml-auto flex flex-wrap gap-x-4">
          {detail.plan != null && (
            <Link {...planLink(detail.plan)} className="link link-primary">
              {t.job.toPlan}
            </Link>
          )}
          <Link {...workloadLink(job.workload)} className="link link-primary">
            {t.job.toService}
          </Link>
        </span>
      </div>
      <Evidence job={job} journal={journal} />
      <Section title={t.job.stages}>
        <Stages journal={journal} job={job} />
      </Section>
      <Section title={t.job.facts}>
        <JobFacts detail={detail} />
      </Section>
      <Probes journal={journal} />
      <JobLog job={job} />
    </>
  )
}

function When({ job }: { job: Job }) {
  const t = useText().job
  return (
    <span className="quiet">
      {t.started} <Ago at={job.created_at} /> {t.by} {job.requested_by},{' '}
      {isGoingOn(job) ? (
        <>
          {t.runningFor} <Running since={job.created_at} />
        </>
      ) : (
        `${t.took} ${duration(Date.parse(job.changed_at) - Date.parse(job.created_at))}`
      )}
    </span>
  )
}

function Running({ since }: { since: string }) {
  return duration(Math.max(0, useSeconds() - Date.parse(since)))
}
