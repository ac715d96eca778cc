import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { beginCheck } from '~/api/actions'
import { ProblemError } from '~/api/client'
import { checkQuery } from '~/api/queries'
import type { Entry } from '~/api/types'
import { useText } from '~/text'
import { Ago } from '~/ui/basics'
import { PageHead, ProblemNote } from '~/ui/layout'
import { tellFailed } from '~/ui/toasts'

/** How much there is, when it was looked at, and the button that has it looked at again. */
export function CheckHead({ entries }: { entries: Entry[] | undefined }) {
  const t = useText()
  const queries = useQueryClient()
  const { data: check } = useQuery(checkQuery)
  const checking = useMutation({
    mutationFn: () => beginCheck(),
    onError: tellFailed,
    onSettled: () => queries.invalidateQueries({ queryKey: checkQuery.queryKey }),
  })
  const progress = check?.running
  const stacks = new Set(entries?.flatMap(({ stack }) => (stack ? [stack] : []))).size
  const isBusy = checking.isPending || Boolean(progress)
  return (
    <>
      <PageHead
        title={t.nav.overview}
        sub={
          <span className="flex flex-wrap gap-x-1.5">
            {entries ? <span>{t.overview.sub(entries.length, stacks)}</span> : <span>{t.loading}</span>}
            {check && <span aria-hidden>·</span>}
            {check?.checked_at ? (
              <span>
                {t.overview.checked} <Ago at={check.checked_at} />
              </span>
            ) : (
              check && <span>{t.overview.never}</span>
            )}
          </span>
        }
        actions={
          <button
            type="button"
            className="btn relative min-w-36 overflow-hidden btn-sm"
            disabled={isBusy}
            onClick={() => checking.mutate()}
          >
            <RefreshCw aria-hidden className={`size-4 ${isBusy ? 'animate-spin [animation-duration:2s]' : ''}`} />
            {progress ? t.overview.checking(progress.done, progress.total) : t.overview.check}
            {progress && (
              <progress
                aria-hidden
                className="progress absolute inset-x-0 bottom-0 h-0.5 rounded-none progress-primary"
                value={progress.done}
                max={Math.max(1, progress.total)}
              />
            )}
          </button>
        }
      />
      <span role="status" className="sr-only">
        {isBusy && t.overview.checkingNow}
      </span>
      {check?.problem && (
        <div className="mb-5">
          <ProblemNote error={new ProblemError(200, check.problem)} />
        </div>
      )}
    </>
  )
}
