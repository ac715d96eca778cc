import { CircleX } from 'lucide-react'
import type { Job, JobStep } from '~/api/types'
import { lastLinesOf } from '~/model/timeline'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'

/** Why it failed, with what the candidate itself said: kept, although the candidate is gone. */
export function Evidence({ job, journal }: { job: Job; journal: readonly JobStep[] }) {
  const t = useText()
  const lines = lastLinesOf(journal)
  const failures = [
    { failure: job.undo_failure, title: t.job.undoFailed, more: t.job.undoFailedHint },
    { failure: job.cause, title: t.job.evidence, more: undefined },
  ]
  if (!job.cause && !job.undo_failure) return null
  return (
    <section aria-label={t.job.evidence} className="mb-9 rounded-box border border-error/40 px-4 py-3">
      {failures.map(
        ({ failure, title, more }) =>
          failure && (
            <div key={title} className="flex gap-3 not-first:mt-4">
              <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-error" />
              <div className="min-w-0">
                <h2 className="font-semibold">{title}</h2>
                <p>
                  <Prose text={failure.message} />
                </p>
                {(failure.hint ?? more) && (
                  <p className="mt-1">
                    <Prose text={failure.hint ?? more ?? ''} />
                  </p>
                )}
                <p className="mt-1 text-xs quiet">
                  {t.stage[failure.stage]} · <code>{failure.code}</code>
                </p>
              </div>
            </div>
          ),
      )}
      {lines.length > 0 && (
        <figure className="mt-3">
          <figcaption className="mb-1 text-xs quiet">{t.job.lastLines}</figcaption>
          <pre
            tabIndex={0}
            aria-label={t.job.lastLines}
            className="max-h-64 overflow-auto rounded bg-base-200 px-3 py-2 text-xs whitespace-pre-wrap"
          >
            {lines.join('\n')}
          </pre>
        </figure>
      )}
    </section>
  )
}
