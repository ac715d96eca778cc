import { useMutation, useQuery } from '@tanstack/react-query'
import { ArchiveRestore, BadgeCheck } from 'lucide-react'
import { useState } from 'react'
import { verifyBackup } from '~/api/actions'
import { systemQuery } from '~/api/queries'
import type { Backup } from '~/api/types'
import { mayAdminister } from '~/model/access'
import { bytes } from '~/model/format'
import { useText } from '~/text'
import { Ago, Digest, Spinner } from '~/ui/basics'
import { tellDone, tellFailed } from '~/ui/toasts'
import { RestoreDialog } from './restore-dialog'

/** Places that are named beside a backup; the others are counted. */
const NAMED = 3

export function BackupItem({ backup }: { backup: Backup }) {
  const t = useText().backups
  const { data: system } = useQuery(systemQuery)
  const [isRestoring, setRestoring] = useState(false)
  const verifying = useMutation({
    mutationFn: () => verifyBackup(backup.name),
    onSuccess: ({ name }) => tellDone(t.verified(name)),
    onError: tellFailed,
  })
  const isAllowed = !system || mayAdminister(system.caller.scope)
  const names = backup.targets.map(({ name }) => name)
  return (
    <li className="grid items-center gap-x-5 gap-y-1 border-b line py-2.5 md:grid-cols-[minmax(0,1fr)_auto]">
      <div className="min-w-0">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <span className="font-medium">{backup.name}</span>
          <span className="quiet">{bytes(backup.size_bytes)}</span>
          {backup.created_at && <Ago at={backup.created_at} className="quiet" />}
        </div>
        <details className="mt-0.5">
          <summary className="cursor-pointer rounded text-xs quiet">
            {names.slice(0, NAMED).join(', ')} {names.length > NAMED && t.more(names.length - NAMED)}
          </summary>
          <ul className="mt-1 text-xs">
            {backup.targets.map((target) => (
              <li key={target.name} className="flex flex-wrap gap-x-3 py-0.5">
                <code>{target.name}</code>
                <span className="quiet">{bytes(target.size_bytes)}</span>
                <span className="quiet">{t.entries(target.entries)}</span>
                {target.notes.map((note) => (
                  <span key={note} className="text-warning">
                    {note}
                  </span>
                ))}
              </li>
            ))}
            <li className="py-0.5">
              <Digest digest={backup.digest} />
            </li>
          </ul>
        </details>
      </div>
      <div className="flex gap-2">
        <button type="button" className="btn btn-sm" disabled={verifying.isPending} onClick={() => verifying.mutate()}>
          {verifying.isPending ? <Spinner /> : <BadgeCheck aria-hidden className="size-4" />}
          {verifying.isPending ? t.verifying : t.verify}
        </button>
        <button
          type="button"
          className="btn btn-sm"
          disabled={!isAllowed}
          title={isAllowed ? undefined : t.needsAdmin}
          onClick={() => setRestoring(true)}
        >
          <ArchiveRestore aria-hidden className="size-4" />
          {t.restore}
        </button>
      </div>
      {isRestoring && <RestoreDialog backup={backup} onClose={() => setRestoring(false)} />}
    </li>
  )
}
