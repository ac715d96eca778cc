import type { Job, JobStep } from '~/api/types'
import { duration } from '~/model/format'
import { stageLook, toneText } from '~/model/status'
import { deedsOf, storyOf, type StageStory } from '~/model/timeline'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'
import { useSeconds } from '~/ui/clock'

/** The stages on the way there, and those on the way back if there was one. They fill in as the job goes on. */
export function Stages({ journal, job }: { journal: readonly JobStep[]; job: Job }) {
  const t = useText().job
  const back = storyOf(journal, 'undo', job.state)
  return (
    <>
      <Way stories={storyOf(journal, 'do', job.state)} label={t.stages} />
      {back.length > 0 && (
        <>
          <h3 className="mt-5 mb-1 font-semibold text-warning">{t.undoStages}</h3>
          <Way stories={back} label={t.undoStages} />
        </>
      )}
    </>
  )
}

function Way({ stories, label }: { stories: StageStory[]; label: string }) {
  return (
    <ol aria-label={label}>
      {stories.map((story, index) => (
        <StageItem key={story.stage} story={story} isLast={index === stories.length - 1} />
      ))}
    </ol>
  )
}

function StageItem({ story, isLast }: { story: StageStory; isLast: boolean }) {
  const t = useText()
  const { Icon, tone } = stageLook[story.state]
  const deeds = deedsOf(story.steps)
  const isQuiet = story.state === 'waiting' || story.state === 'left-out'
  return (
    <li
      data-stage={story.stage}
      data-state={story.state}
      className="relative grid grid-cols-[1.25rem_minmax(0,1fr)] gap-x-3 pb-3"
    >
      {!isLast && <span aria-hidden className="absolute top-6 bottom-0 left-[0.59375rem] w-px bg-base-300" />}
      <Icon
        aria-hidden
        className={`mt-0.5 size-5 ${toneText[tone]} ${story.state === 'running' ? 'animate-spin [animation-duration:2.5s]' : ''}`}
      />
      <div className="min-w-0 pt-0.5">
        <div className="flex items-baseline gap-3">
          <h4 className={isQuiet ? 'quiet' : 'font-medium'}>{t.stage[story.stage]}</h4>
          <span className={`text-xs ${toneText[tone]}`}>{t.stageState[story.state]}</span>
          <span className="ml-auto text-xs quiet">
            <Took story={story} />
          </span>
        </div>
        {deeds.length > 0 && (
          <ul className="mt-0.5">
            {deeds.map(({ step, endedAt, isOpen }, index) => (
              <li
                key={index}
                className={`flex items-baseline gap-3 text-xs ${step.kind === 'failed' ? 'text-error' : 'quiet'}`}
              >
                <span className="min-w-0 flex-1">{wordsOf(step) && <Prose text={wordsOf(step)} />}</span>
                <span className="shrink-0">
                  {isOpen ? '…' : endedAt && endedAt !== step.at && duration(Date.parse(endedAt) - Date.parse(step.at))}
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </li>
  )
}

/** What a step says, its digests short: the whole ones are in the facts and the log. */
function wordsOf(step: JobStep): string {
  const text = step.failure?.message ?? step.text ?? step.backup?.name ?? step.verified?.containers.join(', ') ?? ''
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, '$1')
}

function Took({ story }: { story: StageStory }) {
  if (!story.startedAt) return null
  if (story.endedAt) return duration(Date.parse(story.endedAt) - Date.parse(story.startedAt))
  return story.state === 'running' ? <Counting since={story.startedAt} /> : null
}

function Counting({ since }: { since: string }) {
  return duration(Math.max(0, useSeconds() - Date.parse(since)))
}
