import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Boxes, SearchX } from 'lucide-react'
import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import { entriesQuery, recentJobsQuery, stacksQuery } from '~/api/queries'
import type { Entry } from '~/api/types'
import { closedGroups, usePreference } from '~/app/preferences'
import { activeJobs, canBeTaken, entryKey, groupsOf, rowsOf } from '~/model/overview'
import { useText } from '~/text'
import { Empty } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { Attention } from './attention'
import { CheckHead } from './check-head'
import { Filters } from './filters'
import { EntryList } from './entry-list'
import { SelectionBar } from './selection-bar'

const route = getRouteApi('/')

export function OverviewPage() {
  const t = useText().overview
  const entries = useQuery(entriesQuery)
  return (
    <>
      <CheckHead entries={entries.data} />
      <Attention />
      <Loaded query={entries} rows={10}>
        {(found) =>
          found.length === 0 ? (
            <Empty Icon={Boxes} title={t.nothing}>
              {t.nothingHint}
            </Empty>
          ) : (
            <Entries entries={found} />
          )
        }
      </Loaded>
    </>
  )
}

function Entries({ entries }: { entries: Entry[] }) {
  const t = useText().overview
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: stacks } = useQuery(stacksQuery)
  const { data: jobs } = useQuery(recentJobsQuery)
  const closed = usePreference(closedGroups)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const wish = useDeferredValue(search)
  const groups = useMemo(
    () => groupsOf(entries, { q: wish.q ?? '', status: wish.status ?? [], sort: wish.sort ?? 'status' }),
    [entries, wish],
  )
  // Who searches wants to see what is found, in closed groups, too.
  const rows = useMemo(() => rowsOf(groups, wish.q ? new Set() : closed), [groups, wish.q, closed])
  const active = useMemo(() => activeJobs(jobs?.items ?? []), [jobs])
  const takeable = useMemo(
    () => entries.filter((entry) => canBeTaken(entry) && !active.has(entryKey(entry))),
    [entries, active],
  )
  const selectable = useMemo(() => new Set(takeable.map(entryKey)), [takeable])
  const selected = takeable.filter((entry) => chosen.has(entryKey(entry)))
  const shown = groups.flatMap((group) => group.entries).filter((entry) => selectable.has(entryKey(entry)))
  const choose = useCallback((keys: readonly string[], isOn: boolean) => setChosen(changed(keys, isOn)), [])
  return (
    <>
      <Filters entries={entries} search={search} />
      {rows.length === 0 ? (
        <Empty
          Icon={SearchX}
          title={t.noMatch}
          action={
            <button type="button" className="btn btn-sm" onClick={() => void navigate({ search: {} })}>
              {t.clear}
            </button>
          }
        >
          {t.noMatchHint}
        </Empty>
      ) : (
        <EntryList
          rows={rows}
          stacks={stacks?.items ?? []}
          active={active}
          selectable={selectable}
          shown={shown}
          chosen={chosen}
          onChoose={choose}
        />
      )}
      <SelectionBar selected={selected} takeable={shown} onClear={() => setChosen(new Set())} />
    </>
  )
}

const changed = (keys: readonly string[], isOn: boolean) => (chosen: ReadonlySet<string>) => {
  const next = new Set(chosen)
  for (const key of keys) {
    if (isOn) next.add(key)
    else next.delete(key)
  }
  return next
}
