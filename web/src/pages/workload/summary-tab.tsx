import type { Entry, Workload, WorkloadDetail } from '~/api/types'
import { companionFacts } from '~/pages/companions'
import { useText } from '~/text'
import { Ago, Digest, Prose, Tag } from '~/ui/basics'
import { Facts } from '~/ui/facts'
import { Section, Warnings } from '~/ui/layout'
import { BackupPart } from './backup-part'
import { Considered } from './considered'
import { Containers } from './containers'
import { WorkloadRules } from './workload-rules'

export function SummaryTab({ of, detail }: { of: Workload; detail: WorkloadDetail }) {
  const { entry } = detail
  return (
    <>
      {entry && <Image entry={entry} />}
      <Containers containers={detail.containers} />
      {entry && <Considered of={of} entry={entry} />}
      <WorkloadRules of={of} />
      <BackupPart of={of} />
    </>
  )
}

/** What runs, and what is newer. */
function Image({ entry }: { entry: Entry }) {
  const t = useText()
  const { candidate, running, tag_now: now } = entry
  const digest = running?.digests[0]?.split('@')[1]
  return (
    <Section title={t.workload.image}>
      <Facts
        facts={[
          {
            name: t.workload.current,
            value: (
              <>
                <code className="code">{entry.image.split('@')[0]}</code>
                {digest && <Digest digest={digest} />}
                {running && (
                  <span className="quiet">
                    {running.platform}
                    {running.created && (
                      <>
                        , {t.workload.builtAt} <Ago at={running.created} />
                      </>
                    )}
                  </span>
                )}
              </>
            ),
          },
          candidate
            ? {
                name: t.workload.newer,
                value: (
                  <>
                    <code className="code font-semibold">{candidate.tag}</code>
                    <Digest digest={candidate.digest} />
                    <Tag tone={candidate.level === 'major' ? 'warning' : 'accent'}>{t.level[candidate.level]}</Tag>
                    <Tag tone={candidate.architecture === 'matches' ? 'success' : 'warning'}>
                      {t.architecture[candidate.architecture]}
                    </Tag>
                    {candidate.since && (
                      <span className="quiet">
                        {t.workload.since} <Ago at={candidate.since.at} />
                      </span>
                    )}
                  </>
                ),
              }
            : { name: t.workload.newer, value: <span className="quiet">{t.workload.nothingNewer}</span> },
          now && {
            name: t.workload.registryKnows,
            value: (
              <>
                <code className="code">{entry.current_tag}</code>
                <Digest digest={now.digest} />
                {now.is_what_runs && <Tag tone="success">{t.workload.runs}</Tag>}
                <span className="quiet">
                  {now.platforms
                    .map(({ platform }) =>
                      [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
                    )
                    .join(', ')}
                </span>
              </>
            ),
          },
          entry.file_image && {
            name: t.workload.fileImage,
            value: <code className="code">{entry.file_image}</code>,
          },
          ...companionFacts(t, entry.stack, entry),
        ].map((fact) => (fact === '' ? null : fact))}
      />
      {entry.stale_since && (
        <p className="mt-2 text-warning">
          {t.overview.stale}: <Ago at={entry.stale_since} />
        </p>
      )}
      <div className="mt-3">
        <Warnings warnings={entry.warnings} />
      </div>
      {entry.code && (
        <p className="mt-2 text-xs quiet">
          <Prose text={`\`${entry.code}\``} />
        </p>
      )}
    </Section>
  )
}
