import { getRouteApi } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import type { Entry, EntryStatus } from '~/api/types'
import { SEARCH_MARK } from '~/app/shortcuts'
import { countByStatus, SORTS } from '~/model/overview'
import type { OverviewSearch } from '~/model/search'
import { ENTRY_STATUSES, entryLook, toneText } from '~/model/status'
import { useText } from '~/text'

const route = getRouteApi('/')

/** Which entries are shown. All of it is in the address. */
export function Filters({ entries, search }: { entries: Entry[]; search: OverviewSearch }) {
  const t = useText()
  const navigate = route.useNavigate()
  const change = (part: Record<string, unknown>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true, resetScroll: false })
  const counts = countByStatus(entries)
  const chosen = search.status ?? []
  const toggle = (status: EntryStatus) => {
    const next = chosen.includes(status) ? chosen.filter((other) => other !== status) : [...chosen, status]
    change({ status: next.length > 0 ? next : undefined })
  }
  return (
    <div className="mb-2 flex flex-wrap items-center gap-x-4 gap-y-2">
      <div role="group" aria-label={t.overview.byStatus} className="flex flex-wrap gap-1.5">
        <Chip
          label={t.overview.all}
          count={entries.length}
          isOn={chosen.length === 0}
          onPress={() => change({ status: undefined })}
        />
        {ENTRY_STATUSES.filter((status) => (counts.get(status) ?? 0) > 0 || chosen.includes(status)).map((status) => {
          const { Icon, tone } = entryLook[status]
          return (
            <Chip
              key={status}
              label={t.status[status]}
              icon={<Icon aria-hidden className={`size-3.5 ${toneText[tone]}`} />}
              count={counts.get(status) ?? 0}
              isOn={chosen.includes(status)}
              onPress={() => toggle(status)}
            />
          )
        })}
      </div>
      <div className="flex flex-1 items-center justify-end gap-2 max-sm:w-full">
        <label className="input flex-1 input-sm sm:max-w-64">
          <Search aria-hidden className="size-4 quiet" />
          <input
            type="search"
            {...{ [SEARCH_MARK]: '' }}
            aria-label={t.overview.filter}
            placeholder={t.overview.filterHint}
            value={search.q ?? ''}
            onChange={(event) => change({ q: event.target.value || undefined })}
            onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
          />
        </label>
        <select
          aria-label={t.overview.sort}
          title={t.overview.sort}
          className="select w-auto select-sm"
          value={search.sort ?? 'status'}
          onChange={(event) => change({ sort: event.target.value })}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {t.overview.sorts[sort]}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}

type ChipProps = { label: string; count: number; isOn: boolean; onPress: () => void; icon?: React.ReactNode }

function Chip({ label, count, isOn, onPress, icon }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onPress}
      className={`inline-flex h-8 cursor-pointer items-center gap-1.5 rounded-full border px-3 ${
        isOn ? 'border-base-content/60 bg-base-200 font-medium' : 'line hover:bg-base-200'
      }`}
    >
      {icon}
      {label}
      <span className="text-xs quiet">{count}</span>
    </button>
  )
}
