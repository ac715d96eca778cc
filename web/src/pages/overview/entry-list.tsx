/** The table of services. Only the rows that can be seen are there, however many there are. */
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useState } from 'react'
import type { Entry, Job } from '~/api/types'
import type { StackSummary } from '~/api/types'
import { entryKey, type Row } from '~/model/overview'
import { useText } from '~/text'
import { EntryRow } from './entry-row'
import { SelectAll } from './select-all'
import { ROW_GRID } from './row-grid'
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
  /** What can be selected at all, and what of it is shown. */
  selectable: ReadonlySet<string>
  shown: readonly Entry[]
  chosen: ReadonlySet<string>
  onChoose: (keys: readonly string[], isOn: boolean) => void
}

export function EntryList({ rows, stacks, active, selectable, shown, chosen, onChoose }: ListProps) {
  const t = useText().overview
  const [top, setTop] = useState(0)
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.type === 'group' ? GROUP_PX : ROW_PX),
    getItemKey: (index) => keyOf(rows[index]),
    overscan: OVERSCAN,
    scrollMargin: top,
  })
  return (
    <div role="table" aria-label={t.columns.service} aria-rowcount={rows.length + 1}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className={`${ROW_GRID} h-8 border-b line text-xs quiet max-md:hidden`}>
          <div role="columnheader">
            <SelectAll keys={shown.map(entryKey)} chosen={chosen} onChoose={onChoose} label={t.selectAll} />
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
                  selectable={selectable}
                  chosen={chosen}
                  onChoose={onChoose}
                />
              )}
              {row?.type === 'entry' && (
                <EntryRow
                  entry={row.entry}
                  job={active.get(entryKey(row.entry))}
                  isChosen={chosen.has(entryKey(row.entry))}
                  isSelectable={selectable.has(entryKey(row.entry))}
                  onChoose={onChoose}
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
