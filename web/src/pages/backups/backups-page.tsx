import { useQuery } from '@tanstack/react-query'
import { Archive } from 'lucide-react'
import { backupsQuery } from '~/api/queries'
import type { DamagedBackup } from '~/api/types'
import { newestFirst } from '~/model/backup'
import { bytes } from '~/model/format'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'
import { Empty, PageHead, Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { BackupItem } from './backup-item'

export function BackupsPage() {
  const t = useText().backups
  const query = useQuery(backupsQuery)
  const items = query.data?.items ?? []
  const size = bytes(items.reduce((sum, { size_bytes }) => sum + size_bytes, 0))
  return (
    <>
      <PageHead title={t.title} sub={items.length > 0 ? `${t.sub} · ${t.total(items.length, size)}` : t.sub} />
      <Loaded query={query}>
        {(backups) => (
          <>
            {backups.damaged.length > 0 && <Damaged damaged={backups.damaged} />}
            {backups.items.length > 0 ? (
              <ul aria-label={t.names}>
                {newestFirst(backups.items).map((backup) => (
                  <BackupItem key={backup.name} backup={backup} />
                ))}
              </ul>
            ) : (
              <Empty Icon={Archive} title={t.nothing}>
                {t.nothingHint}
              </Empty>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

function Damaged({ damaged }: { damaged: DamagedBackup[] }) {
  const t = useText().backups
  return (
    <Section title={t.damaged} note={t.damagedHint}>
      <ul>
        {damaged.map(({ name, reason, size_bytes }) => (
          <li key={name} className="border-b line py-2">
            <code className="code">{name}</code> <span className="quiet">{bytes(size_bytes)}</span>
            <p className="text-error">
              <Prose text={reason} />
            </p>
          </li>
        ))}
      </ul>
    </Section>
  )
}
