import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { workloadBackupQuery } from '~/api/queries'
import type { Workload } from '~/api/types'
import { BackupTargets } from '~/pages/plan/backup-targets'
import { useText } from '~/text'
import { Ago, Spinner } from '~/ui/basics'
import { ProblemNote, Section } from '~/ui/layout'

/** What is copied before an update. It is measured when somebody opens it: that takes its time. */
export function BackupPart({ of }: { of: Workload }) {
  const t = useText()
  const [isOpen, setOpen] = useState(false)
  return (
    <Section
      title={t.workload.backupTitle}
      actions={
        <Link to="/backups" className="link link-primary">
          {t.nav.backups}
        </Link>
      }
    >
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer rounded">{t.workload.backupOpen}</summary>
        <div className="mt-2">{isOpen && <Measured of={of} />}</div>
      </details>
    </Section>
  )
}

function Measured({ of }: { of: Workload }) {
  const t = useText()
  const query = useQuery(workloadBackupQuery(of))
  const again = () => void query.refetch()
  const problem = query.error && !query.isFetching ? <ProblemNote error={query.error} retry={again} /> : null
  if (!query.data) {
    return (
      problem ?? (
        <p role="status" className="flex items-start gap-3 quiet">
          <Spinner className="mt-0.5 size-4 shrink-0 text-primary" />
          {t.workload.backupWait}
        </p>
      )
    )
  }
  const { plan } = query.data
  return (
    <>
      {problem}
      {plan && plan.targets.length > 0 ? <BackupTargets backup={plan} /> : <p className="quiet">{t.plan.backupNone}</p>}
      <p className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs quiet">
        <span>
          {t.workload.measured} <Ago at={new Date(query.dataUpdatedAt).toISOString()} />
        </span>
        <button type="button" className="btn btn-ghost btn-xs" disabled={query.isFetching} onClick={again}>
          {query.isFetching ? <Spinner className="size-3.5" /> : <RefreshCw aria-hidden className="size-3.5" />}
          {t.workload.measureAgain}
        </button>
      </p>
    </>
  )
}
