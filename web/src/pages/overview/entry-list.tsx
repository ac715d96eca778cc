/** The table of services. Only the rows that can be seen are there, however many there are. */
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import type { Entry, Job } from '~/api/types'
import type { StackSummary } from '~/api/types'
import { entryKey, type Row } from '~/model/overview'
import { useText } from '~/text'
import { EntryRow, ROW_GRID } from './entry-row'
import { GroupRow } from './group-row'

/** Heights that rows begin with, until they are measured. */
const ROW_PX = 40
const GROUP_PX = 52
/** Rows beyond the window: enough that a fast scroll meets no gap. */
const OVERSCAN = 12

type ListProps = {
  rows: Row[]
  stacks: readonly StackSummary[]
  active: ReadonlyMap<string, Job>
  selectable: readonly Entry[]
  chosen: ReadonlySet<string>
  onChoose: (chosen: ReadonlySet<string>) => void
}

export function EntryList({ rows, stacks, active, selectable, chosen, onChoose }: ListProps) {
  const t = useText().overview
  const body = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.type === 'group' ? GROUP_PX : ROW_PX),
    getItemKey: (index) => keyOf(rows[index]),
    overscan: OVERSCAN,
    scrollMargin: top,
  })
  const choose = (keys: readonly string[], isOn: boolean) => {
    const next = new Set(chosen)
    for (const key of keys)
      if (isOn) next.add(key)
      else next.delete(key)
    onChoose(next)
  }
  const keys = selectable.map(entryKey)
  return (
    <div role="table" aria-label={t.columns.service} aria-rowcount={rows.length + 1}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={`${ROW_GRID} h-8 border-b line text-xs quiet max-md:hidden`}>
          <div role="columnheader">
            <SelectAll keys={keys} chosen={chosen} onChoose={choose} label={t.selectAll} />
          </div>
          <div role="columnheader">{t.columns.service}</div>
          <div role="columnheader">{t.columns.current}</div>
          <div role="columnheader">{t.columns.candidate}</div>
          <div role="columnheader">{t.columns.status}</div>
          <div role="columnheader">
            <span className="sr-only">{t.update}</span>
          </div>
        </div>
      </div>
      <div
        role="rowgroup"
        ref={(element) => {
          body.current = element
          if (element) setTop(element.getBoundingClientRect().top + window.scrollY)
        }}
        className="relative"
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index]
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              data-index={item.index}
              ref={virtual.measureElement}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              {row?.type === 'group' && (
                <GroupRow
                  group={row.group}
                  isOpen={row.isOpen}
                  summary={stacks.find(({ name }) => name === row.group.stack)}
                  keys={row.group.entries.map(entryKey).filter((key) => keys.includes(key))}
                  chosen={chosen}
                  onChoose={choose}
                />
              )}
              {row?.type === 'entry' && (
                <EntryRow
                  entry={row.entry}
                  job={active.get(entryKey(row.entry))}
                  isChosen={chosen.has(entryKey(row.entry))}
                  isSelectable={selectable.includes(row.entry)}
                  onChoose={(isOn) => choose([entryKey(row.entry)], isOn)}
                />
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function keyOf(row: Row | undefined): string {
  if (!row) return ''
  return row.type === 'group' ? `group:${row.group.key}` : entryKey(row.entry)
}

type SelectAllProps = {
  keys: readonly string[]
  chosen: ReadonlySet<string>
  onChoose: (keys: readonly string[], isOn: boolean) => void
  label: string
}

/** A box for several rows at once: half ticked where some of them are. */
export function SelectAll({ keys, chosen, onChoose, label }: SelectAllProps) {
  const on = keys.filter((key) => chosen.has(key)).length
  return (
    <input
      type="checkbox"
      aria-label={label}
      className="checkbox checkbox-xs checkbox-primary"
      disabled={keys.length === 0}
      checked={on > 0 && on === keys.length}
      ref={(box) => {
        if (box) box.indeterminate = on > 0 && on < keys.length
      }}
      onChange={(event) => onChoose(keys, event.target.checked)}
    />
  )
}
