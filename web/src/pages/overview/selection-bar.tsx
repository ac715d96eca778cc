import { ListChecks } from 'lucide-react'
import type { Entry } from '~/api/types'
import { workloadOf } from '~/model/overview'
import { wantedFor } from '~/model/plan'
import { usePlanning } from '~/pages/plan/planning'
import { useText } from '~/text'

type BarProps = { selected: readonly Entry[]; takeable: readonly Entry[]; onClear: () => void }

/** What is to be done with what is selected, or with all that is shown. It lies over the page: nothing moves. */
export function SelectionBar({ selected, takeable, onClear }: BarProps) {
  const t = useText()
  const plan = usePlanning()
  if (takeable.length === 0) return null
  const wanted = selected.length > 0 ? selected : takeable
  return (
    <div className="pointer-events-none fixed inset-x-0 bottom-0 z-10 flex justify-center px-3 pb-4 lg:left-52">
      <div className="pointer-events-auto flex w-full max-w-xl items-center gap-3 rounded-box border line bg-base-100 py-2 pr-2 pl-4 shadow-lg">
        <span role="status" className="min-w-0 flex-1 truncate">
          {selected.length > 0 ? (
            t.overview.selected(selected.length)
          ) : (
            <span className="quiet max-sm:sr-only">{t.overview.selectHint}</span>
          )}
        </span>
        {selected.length > 0 && (
          <button type="button" className="btn btn-ghost btn-sm" onClick={onClear}>
            {t.clear}
          </button>
        )}
        <button
          type="button"
          className="btn btn-primary btn-sm"
          onClick={() => plan(wantedFor(wanted.map(workloadOf)))}
        >
          <ListChecks aria-hidden className="size-4 max-sm:hidden" />
          {t.overview.reviewAll(wanted.length)}
        </button>
      </div>
    </div>
  )
}
