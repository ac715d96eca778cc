import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { recentJobsQuery } from '~/api/queries'
import { workloadLabel } from '~/model/format'
import { needingAttention } from '~/model/overview'
import { jobLink } from '~/pages/links'
import { useText } from '~/text'

/** Jobs that could neither be done nor undone, and that nothing has put right since. */
export function Attention() {
  const t = useText()
  const { data } = useQuery(recentJobsQuery)
  const jobs = needingAttention(data?.items ?? [])
  if (jobs.length === 0) return null
  return (
    <ul className="mb-5 space-y-2">
      {jobs.map((job) => (
        <li key={job.id} className="flex items-center gap-3 rounded-box border border-error/40 bg-error/5 px-4 py-2.5">
          <TriangleAlert aria-hidden className="size-4 shrink-0 text-error" />
          <span className="min-w-0 flex-1">
            <b>{workloadLabel(job.workload)}</b>: {t.job.undoFailed}
          </span>
          <Link {...jobLink(job.id)} className="btn btn-sm">
            {t.details}
          </Link>
        </li>
      ))}
    </ul>
  )
}
