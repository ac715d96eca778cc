import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { restoreBackup } from '~/api/actions'
import type { Backup } from '~/api/types'
import { useText } from '~/text'
import { Spinner } from '~/ui/basics'
import { Dialog } from '~/ui/dialog'
import { ProblemNote } from '~/ui/layout'
import { tellDone } from '~/ui/toasts'

/** Asks what goes back and where to. Because newer data is lost by it, the stack's name is to be typed. */
export function RestoreDialog({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const t = useText()
  const [target, setTarget] = useState('')
  const [into, setInto] = useState('')
  const [typed, setTyped] = useState('')
  const restoring = useMutation({
    mutationFn: () => restoreBackup(backup.name, { target: target || null, into: into.trim() || null }),
    onSuccess: ({ targets }) => {
      tellDone(t.backups.restored(targets.join(', ')))
      onClose()
    },
  })
  const canGoElsewhere = target.startsWith('volume:')
  return (
    <Dialog title={t.backups.restoreTitle(backup.name)} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          restoring.mutate()
        }}
      >
        <p>{t.backups.restoreText}</p>
        <label className="block">
          <span className="text-xs quiet">{t.backups.target}</span>
          <select
            className="select w-full select-sm"
            value={target}
            onChange={(event) => {
              setTarget(event.target.value)
              setInto('')
            }}
          >
            <option value="">{t.backups.targetAll}</option>
            {backup.targets.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {canGoElsewhere && (
          <label className="block">
            <span className="text-xs quiet">{t.backups.into}</span>
            <input className="input w-full input-sm" value={into} onChange={(event) => setInto(event.target.value)} />
            <span className="text-xs quiet">{t.backups.intoHint}</span>
          </label>
        )}
        <label className="block">
          <span className="text-xs quiet">{t.backups.typeName(backup.stack)}</span>
          <input
            className="input w-full input-sm"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
        {restoring.error && <ProblemNote error={restoring.error} />}
        <div className="flex justify-end gap-2 pt-1">
          <button type="button" className="btn btn-ghost btn-sm" onClick={onClose}>
            {t.cancel}
          </button>
          <button
            type="submit"
            className="btn btn-error btn-sm"
            disabled={restoring.isPending || typed.trim() !== backup.stack}
          >
            {restoring.isPending && <Spinner />}
            {t.backups.restore}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
