import { Link } from '@tanstack/react-router'
import { History } from 'lucide-react'
import type { Job, Workload } from '~/api/types'
import { JobTable } from '~/pages/jobs/job-table'
import { useText } from '~/text'
import { Empty } from '~/ui/layout'

export function HistoryTab({ of, jobs }: { of: Workload; jobs: Job[] }) {
  const t = useText().workload
  if (jobs.length === 0) return <Empty Icon={History} title={t.noHistory} />
  return (
    <>
      <JobTable jobs={jobs} label={t.history} />
      {of.stack && (
        <Link to="/jobs" search={{ stack: of.stack, service: of.name }} className="mt-3 inline-block link link-primary">
          {t.allJobs}
        </Link>
      )}
    </>
  )
}
