import { Link } from '@tanstack/react-router'
import type { Job } from '~/api/types'
import { duration, workloadLabel } from '~/model/format'
import { isGoingOn } from '~/model/overview'
import { jobLook } from '~/model/status'
import { jobLink } from '~/pages/links'
import { useText } from '~/text'
import { Ago, Sign } from '~/ui/basics'
import { ChangeLine } from '~/ui/change'

/** Jobs, a line for each. The whole line leads to its job. */
export function JobTable({ jobs, label }: { jobs: readonly Job[]; label: string }) {
  const t = useText()
  return (
    <ul aria-label={label}>
      {jobs.map((job) => (
        <li
          key={job.id}
          className="relative grid min-h-10 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 border-b line py-1.5 hover:bg-base-200/70 md:grid-cols-[minmax(0,1.4fr)_minmax(0,1.3fr)_minmax(0,1.3fr)_4.5rem_6.5rem] md:py-0"
        >
          <Link
            {...jobLink(job.id)}
            className="truncate font-medium after:absolute after:inset-0 after:content-[''] hover:underline"
          >
            {workloadLabel(job.workload)}
          </Link>
          <span className="max-md:order-3">
            <ChangeLine change={job.change} />
          </span>
          <Sign look={jobLook[job.state]} className="max-md:order-2 max-md:justify-self-end">
            {t.jobState[job.state]}
            {job.stage && isGoingOn(job) && ` · ${t.stage[job.stage]}`}
          </Sign>
          <span className="text-xs quiet max-md:hidden">
            {!isGoingOn(job) && duration(Date.parse(job.changed_at) - Date.parse(job.created_at))}
          </span>
          <Ago at={job.created_at} className="text-xs quiet max-md:order-4 md:text-right" />
        </li>
      ))}
    </ul>
  )
}
