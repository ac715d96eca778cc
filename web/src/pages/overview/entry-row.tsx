import { Link } from '@tanstack/react-router'
import { ArrowRight, Cpu } from 'lucide-react'
import { memo } from 'react'
import type { Entry, Job } from '~/api/types'
import { repositoryOf, shortDigest, workloadLabel } from '~/model/format'
import { canBeTaken, entryKey, workloadOf } from '~/model/overview'
import { holdType, wantedFor } from '~/model/plan'
import { entryLook, jobLook, toneText } from '~/model/status'
import { jobLink, workloadLink } from '~/pages/links'
import { usePlanning } from '~/pages/plan/planning'
import { useText } from '~/text'
import { Sign, Tag } from '~/ui/basics'
import { ROW_GRID } from './row-grid'

type EntryProps = {
  entry: Entry
  job: Job | undefined
  isChosen: boolean
  isSelectable: boolean
  onChoose: (keys: readonly string[], isOn: boolean) => void
}

/** A service in the list. Rows that did not change are not made again while somebody scrolls. */
export const EntryRow = memo(function EntryRow({ entry, job, isChosen, isSelectable, onChoose }: EntryProps) {
  const t = useText()
  const plan = usePlanning()
  const label = workloadLabel(entry)
  const isStopped = entry.running?.is_running === false
  return (
    <div
      className={`group relative grid grid-cols-[1.5rem_minmax(4.5rem,1fr)_minmax(0,auto)] items-center gap-x-2 gap-y-1 border-b line py-2 md:h-10 md:py-0 ${ROW_GRID} ${
        isChosen ? 'bg-primary/7' : 'hover:bg-base-200/70'
      }`}
    >
      <div
        role="cell"
        className="grid place-items-center max-md:row-span-2 max-md:self-start max-md:pt-0.5 md:justify-start md:pl-0.5"
      >
        {isSelectable && (
          <input
            type="checkbox"
            aria-label={t.overview.select(label)}
            className="checkbox checkbox-xs checkbox-primary"
            checked={isChosen}
            onChange={(event) => onChoose([entryKey(entry)], event.target.checked)}
          />
        )}
      </div>
      <div role="cell" className="flex min-w-0 items-center gap-2">
        <Link {...workloadLink(entry)} className="truncate rounded font-medium hover:underline" title={entry.image}>
          {entry.name}
        </Link>
        {isStopped && <Tag tone="warning">{t.overview.stopped}</Tag>}
      </div>
      <Current entry={entry} />
      <NewerCell entry={entry} />
      <StatusCell entry={entry} job={job} />
      <div role="cell" className="text-right max-md:col-start-3 max-md:row-start-2">
        {canBeTaken(entry) && !job && (
          <button
            type="button"
            aria-label={t.overview.updateOne(label)}
            className="btn btn-ghost font-medium text-primary btn-sm md:h-7 md:px-2"
            onClick={() => plan(wantedFor([workloadOf(entry)]))}
          >
            {t.overview.update}
          </button>
        )}
      </div>
    </div>
  )
})

function Current({ entry }: { entry: Entry }) {
  const digest = entry.running?.digests[0]?.split('@')[1] ?? entry.running?.image_id
  return (
    <div
      role="cell"
      className="flex min-w-0 items-baseline gap-2 max-md:col-start-3 max-md:row-start-1 max-md:justify-end"
    >
      <span className="truncate">{entry.current_tag ?? repositoryOf(entry.image)}</span>
      {digest && (
        <code className="truncate text-2xs quiet max-md:hidden" title={digest}>
          {shortDigest(digest).slice(0, 7)}
        </code>
      )}
      {entry.candidate && (
        <span className="inline-flex min-w-0 items-baseline gap-2 md:hidden">
          <ArrowRight aria-hidden className="size-3.5 shrink-0 self-center quiet" />
          <NewerWords entry={entry} />
        </span>
      )}
    </div>
  )
}

/** On a narrow screen what is newer stands beside what is there; the cell is for wide ones. */
function NewerCell({ entry }: { entry: Entry }) {
  return (
    <div role="cell" className="flex min-w-0 items-baseline gap-2 max-md:hidden">
      {entry.candidate ? <NewerWords entry={entry} /> : <span className="quiet">–</span>}
    </div>
  )
}

function NewerWords({ entry }: { entry: Entry }) {
  const t = useText()
  const { candidate, current_tag: current } = entry
  if (!candidate) return null
  const isSameTag = candidate.tag === current
  return (
    <>
      {isSameTag ? (
        <code className="truncate text-xs" title={candidate.digest}>
          {shortDigest(candidate.digest)}
        </code>
      ) : (
        <span className="truncate font-medium" title={candidate.digest}>
          {candidate.tag}
        </span>
      )}
      <Tag>{t.level[candidate.level]}</Tag>
      {candidate.architecture !== 'mismatch' ? (
        <Cpu
          role="img"
          aria-label={t.architecture[candidate.architecture]}
          className={`size-3.5 shrink-0 self-center ${candidate.architecture === 'matches' ? 'quiet opacity-60' : 'text-warning'} max-lg:hidden`}
        >
          <title>{t.architecture[candidate.architecture]}</title>
        </Cpu>
      ) : (
        <span className="max-lg:hidden">
          <Tag tone="warning">{entry.candidate?.architecture === 'mismatch' ? t.overview.otherArchitecture : ''}</Tag>
        </span>
      )}
    </>
  )
}

function StatusCell({ entry, job }: { entry: Entry; job: Job | undefined }) {
  const t = useText()
  if (job) {
    return (
      <div role="cell" className="min-w-0 max-md:col-start-2 max-md:row-start-2">
        <Link {...jobLink(job.id)} className="block rounded hover:underline">
          <Sign look={jobLook[job.state]}>
            {t.jobState[job.state]}
            {job.stage && ` · ${t.stage[job.stage]}`}
          </Sign>
        </Link>
      </div>
    )
  }
  const type = holdType(entry)
  const short = type && type in t.hold ? t.hold[type as keyof typeof t.hold] : undefined
  const { Icon, tone } = entryLook[entry.status]
  return (
    <div
      role="cell"
      className={`flex min-w-0 items-center gap-1.5 max-md:col-start-2 max-md:row-start-2 ${canBeTaken(entry) ? '' : 'max-md:col-span-2'}`}
      title={entry.reason}
    >
      <Icon aria-hidden className={`size-4 shrink-0 ${toneText[tone]}`} />
      <span className={`shrink-0 ${toneText[tone]}`}>{t.status[entry.status]}</span>
      <span className="truncate quiet">{short ?? entry.reason.replaceAll('`', '')}</span>
      {entry.stale_since && <Tag tone="warning">{t.overview.stale}</Tag>}
    </div>
  )
}
