import type { JobState, JobStep } from '~/api/types'
import { storyOf, type StageState } from '~/model/timeline'
import { useText } from '~/text'

const DOT = {
  waiting: 'border border-base-content/30',
  running: 'bg-primary animate-pulse',
  done: 'bg-success',
  failed: 'bg-error',
  'left-out': 'border border-base-content/30',
} satisfies Record<StageState, string>

/** A job's stages as a row of dots, for where there is one line. The words beside it say the same. */
export function StageDots({ journal, state }: { journal: readonly JobStep[]; state: JobState }) {
  const t = useText()
  const stories = storyOf(journal, 'do', state)
  return (
    <span
      role="img"
      aria-label={stories.map((story) => `${t.stage[story.stage]}: ${t.stageState[story.state]}`).join(', ')}
      className="inline-flex shrink-0 gap-1"
    >
      {stories.map((story) => (
        <span key={story.stage} title={t.stage[story.stage]} className={`size-2 rounded-full ${DOT[story.state]}`} />
      ))}
    </span>
  )
}
