import { Link } from '@tanstack/react-router'
import type { JobDetail } from '~/api/types'
import { bytes, duration } from '~/model/format'
import { backupOf, verifiedOf } from '~/model/timeline'
import { companionFacts } from '~/pages/companions'
import { useText } from '~/text'
import { Digest, Prose } from '~/ui/basics'
import { Facts } from '~/ui/facts'
import { Warnings } from '~/ui/layout'

/** What holds for the whole job: what ran before, what was to run, how long it was away, what was saved. */
export function JobFacts({ detail: { job, journal, downtime_ms: downtime } }: { detail: JobDetail }) {
  const t = useText()
  const { change } = job
  const backup = backupOf(journal)
  const verified = verifiedOf(journal)
  const warnings = [...new Set([...change.warnings, ...(verified?.warnings ?? [])])]
  return (
    <>
      <Facts
        facts={[
          {
            name: t.job.before,
            value: (
              <>
                <code className="code">{change.from.image}</code>
                <Digest digest={change.from.digest ?? change.from.image_id} />
              </>
            ),
          },
          {
            name: job.state === 'updated' ? t.job.after : t.job.candidate,
            value: (
              <>
                <code className="code">{change.to.image}</code>
                <Digest digest={change.to.digest} />
              </>
            ),
          },
          {
            name: t.job.reason,
            value: (
              <span>
                <Prose text={change.reason} />
              </span>
            ),
          },
          ...companionFacts(t, job.workload.stack, change),
          downtime != null && {
            name: t.job.away,
            value: <span>{t.job.atMost(duration(downtime))}</span>,
            hint: t.job.awayHint,
          },
          {
            name: t.job.backup,
            value: backup ? (
              <>
                <Link to="/backups" className="link">
                  {backup.name}
                </Link>
                <span className="quiet">
                  {bytes(backup.size_bytes)}
                  {backup.held_ms > 0 && `, ${t.job.held(duration(backup.held_ms))}`}
                </span>
              </>
            ) : (
              <span>{change.backup?.targets.some(({ is_copied }) => is_copied) ? t.none : t.job.noBackup}</span>
            ),
          },
          verified && {
            name: t.job.proven,
            value: (
              <>
                <span>{verified.containers.join(', ')}</span>
                <span className="quiet">{t.job.waited(duration(verified.waited_ms))}</span>
              </>
            ),
          },
        ]}
      />
      <div className="mt-3">
        <Warnings warnings={warnings} />
      </div>
    </>
  )
}
