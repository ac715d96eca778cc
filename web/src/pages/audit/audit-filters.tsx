import { getRouteApi } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { SEARCH_MARK } from '~/app/shortcuts'
import { useText } from '~/text'
import { Choice } from '~/ui/choice'

const route = getRouteApi('/audit')

/** Who asked for what, how it ended, and when: kept in the address. */
export function AuditFilters() {
  const t = useText().audit
  const { who, q, failed, since, until } = route.useSearch()
  const navigate = route.useNavigate()
  const change = (part: Record<string, unknown>) =>
    void navigate({ search: (old) => ({ ...old, ...part }), replace: true, resetScroll: false })
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <label className="input w-64 input-sm max-sm:w-full">
        <Search aria-hidden className="size-4 quiet" />
        <input
          type="search"
          {...{ [SEARCH_MARK]: '' }}
          aria-label={t.filter}
          placeholder={t.filterHint}
          value={q ?? ''}
          onChange={(event) => change({ q: event.target.value || undefined })}
        />
      </label>
      <input
        type="search"
        aria-label={t.who}
        placeholder={t.whoHint}
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
        className="input w-44 input-sm"
        value={who ?? ''}
        onChange={(event) => change({ who: event.target.value || undefined })}
      />
      <Choice
        label={t.outcome}
        all={t.anyOutcome}
        value={failed === undefined ? undefined : failed ? 'failed' : 'done'}
        options={[
          ['done', t.done],
          ['failed', t.failed],
        ]}
        onChange={(outcome) => change({ failed: outcome === undefined ? undefined : outcome === 'failed' })}
      />
      <Day label={t.since} value={since} max={until} onChange={(day) => change({ since: day })} />
      <Day label={t.until} value={until} min={since} onChange={(day) => change({ until: day })} />
    </div>
  )
}

type DayProps = {
  label: string
  value: string | undefined
  min?: string | undefined
  max?: string | undefined
  onChange: (day: string | undefined) => void
}

function Day({ label, value, min, max, onChange }: DayProps) {
  return (
    <label className="input w-auto input-sm">
      <span className="text-xs quiet">{label}</span>
      <input
        type="date"
        value={value ?? ''}
        min={min}
        max={max}
        onChange={(event) => onChange(event.target.value || undefined)}
      />
    </label>
  )
}
