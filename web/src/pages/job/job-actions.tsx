import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { OctagonX, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { cancelJob, rollBackJob } from '~/api/actions'
import { backupsQuery, jobQuery } from '~/api/queries'
import type { JobDetail } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { backupOf } from '~/model/timeline'
import { useText } from '~/text'
import { Confirm } from '~/ui/dialog'

/** What can still be done about a job: stop it while it runs, put it back when it is done. */
export function JobActions({ detail }: { detail: JobDetail }) {
  const t = useText().job
  const [asked, setAsked] = useState<'cancel' | 'roll-back' | null>(null)
  const { job } = detail
  const close = () => setAsked(null)
  return (
    <>
      {job.state === 'running' && (
        <button
          type="button"
          className="btn btn-sm"
          disabled={detail.is_asked_to_cancel}
          onClick={() => setAsked('cancel')}
        >
          <OctagonX aria-hidden className="size-4" />
          {t.cancel}
        </button>
      )}
      {job.state === 'updated' && (
        <button type="button" className="btn btn-sm" onClick={() => setAsked('roll-back')}>
          <Undo2 aria-hidden className="size-4" />
          {t.rollBack}
        </button>
      )}
      {asked === 'cancel' && <CancelDialog id={job.id} onClose={close} />}
      {asked === 'roll-back' && <RollBackDialog detail={detail} onClose={close} />}
    </>
  )
}

function CancelDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText().job
  const queries = useQueryClient()
  const cancelling = useMutation({
    mutationFn: () => cancelJob(id),
    onSuccess: onClose,
    onSettled: () => queries.invalidateQueries({ queryKey: jobQuery(id).queryKey }),
  })
  return (
    <Confirm
      title={t.cancelTitle}
      action={t.cancel}
      isDangerous
      isPending={cancelling.isPending}
      error={cancelling.error}
      onConfirm={() => cancelling.mutate()}
      onClose={onClose}
    >
      <p>{t.cancelText}</p>
    </Confirm>
  )
}

function RollBackDialog({ detail: { job, journal }, onClose }: { detail: JobDetail; onClose: () => void }) {
  const t = useText().job
  const queries = useQueryClient()
  const { data: backups } = useQuery(backupsQuery)
  const [withData, setWithData] = useState(false)
  const made = backupOf(journal)
  const isThere = backups?.items.some(({ name }) => name === made?.name)
  const rolling = useMutation({
    mutationFn: () => rollBackJob(job.id, withData),
    onSuccess: (back) => {
      queries.setQueryData(jobQuery(job.id).queryKey, (old) => old && { ...old, job: back })
      onClose()
    },
    onSettled: () => queries.invalidateQueries({ queryKey: jobQuery(job.id).queryKey }),
  })
  return (
    <Confirm
      title={t.rollBackTitle(workloadLabel(job.workload))}
      action={t.rollBack}
      isDangerous={withData}
      isPending={rolling.isPending}
      error={rolling.error}
      onConfirm={() => rolling.mutate()}
      onClose={onClose}
    >
      <p>{t.rollBackText(job.change.from.tag)}</p>
      {made && isThere ? (
        <label className="flex cursor-pointer gap-3">
          <input
            type="checkbox"
            className="checkbox mt-0.5 checkbox-sm"
            checked={withData}
            onChange={(event) => setWithData(event.target.checked)}
          />
          <span>
            {t.rollBackData}
            <span className="block quiet">{t.rollBackDataHint}</span>
          </span>
        </label>
      ) : (
        <p className="quiet">
          {made ? t.rollBackGone : t.rollBackNoData}{' '}
          {made && (
            <Link to="/backups" className="link">
              {t.backup}
            </Link>
          )}
        </p>
      )}
    </Confirm>
  )
}
