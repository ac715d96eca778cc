import { Check, Minus } from 'lucide-react'
import { useState } from 'react'
import type { Considered as ConsideredTag, Entry, Workload } from '~/api/types'
import { whatOf } from '~/model/plan'
import { IgnoreDialog } from '~/pages/ignore/ignore-dialog'
import { usePlanning } from '~/pages/plan/planning'
import { useText } from '~/text'
import { Ago, Prose, Tag } from '~/ui/basics'
import { Section } from '~/ui/layout'

/** Tags that are shown at once. Some images have thousands. */
const SHOWN = 60

/** What is newer comes first, in the order in which it is chosen from. */
const RANK = {
  newer: 0,
  current: 1,
  older: 2,
  'other-track': 3,
  'not-a-version': 4,
} satisfies Record<ConsideredTag['relation'], number>

/** The tags that were looked at, and why each was kept or dropped. */
export function Considered({ of, entry }: { of: Workload; entry: Entry }) {
  const t = useText()
  const plan = usePlanning()
  const [shown, setShown] = useState(SHOWN)
  const [ignoring, setIgnoring] = useState<string | null>(null)
  const tags = entry.considered.toSorted((a, b) => RANK[a.relation] - RANK[b.relation])
  return (
    <Section
      title={t.workload.considered}
      actions={
        <button type="button" className="btn btn-sm" onClick={() => setIgnoring(entry.candidate?.tag ?? '')}>
          {t.workload.ignore}
        </button>
      }
    >
      {tags.length === 0 ? (
        <p className="quiet">{t.workload.consideredNone}</p>
      ) : (
        <ul aria-label={t.workload.considered}>
          {tags.slice(0, shown).map((tag) => (
            <TagLine
              key={tag.tag}
              tag={tag}
              isChosen={tag.tag === entry.candidate?.tag}
              onIgnore={tag.relation === 'newer' ? () => setIgnoring(tag.tag) : undefined}
              onTake={tag.relation === 'newer' ? () => plan({ what: whatOf(of), tag: tag.tag }) : undefined}
            />
          ))}
        </ul>
      )}
      {tags.length > shown && (
        <button type="button" className="btn mt-3 btn-sm" onClick={() => setShown(shown + 10 * SHOWN)}>
          {t.more} ({tags.length - shown})
        </button>
      )}
      {ignoring !== null && <IgnoreDialog of={of} tag={ignoring} onClose={() => setIgnoring(null)} />}
    </Section>
  )
}

type LineProps = {
  tag: ConsideredTag
  isChosen: boolean
  onIgnore: (() => void) | undefined
  onTake: (() => void) | undefined
}

function TagLine({ tag, isChosen, onIgnore, onTake }: LineProps) {
  const t = useText()
  const Icon = tag.eligible ? Check : Minus
  return (
    <li className="grid min-h-9 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-0.5 border-b line py-1 sm:grid-cols-[minmax(0,1fr)_6rem_minmax(0,2.2fr)_8.5rem]">
      <span className="flex min-w-0 items-center gap-2">
        <code className={`truncate code ${tag.eligible ? 'font-semibold' : ''}`}>{tag.tag}</code>
        {tag.level && <Tag tone={tag.level === 'major' ? 'warning' : 'quiet'}>{t.level[tag.level]}</Tag>}
      </span>
      <span className={`inline-flex items-center gap-1.5 ${tag.eligible ? 'text-success' : 'quiet'}`}>
        <Icon aria-hidden className="size-4 shrink-0" />
        {isChosen
          ? t.workload.chosen
          : tag.eligible
            ? t.workload.kept
            : tag.relation === 'current'
              ? t.workload.runs
              : t.workload.dropped}
      </span>
      <span className="min-w-0 quiet">
        <Prose text={tag.reason} />
        {tag.pushed_at && (
          <>
            {' '}
            · {t.workload.pushed} <Ago at={tag.pushed_at} />
          </>
        )}
      </span>
      <span className="text-right whitespace-nowrap">
        {onTake && (
          <button
            type="button"
            title={t.workload.takeTag(tag.tag)}
            aria-label={t.workload.takeTag(tag.tag)}
            className="btn btn-ghost btn-xs"
            onClick={onTake}
          >
            {t.workload.take}
          </button>
        )}
        {onIgnore && (
          <button
            type="button"
            aria-label={t.workload.ignoreTag(tag.tag)}
            className="btn btn-ghost btn-xs"
            onClick={onIgnore}
          >
            {t.workload.ignore}
          </button>
        )}
      </span>
    </li>
  )
}
