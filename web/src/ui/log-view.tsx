/** Lines of a log, of which only those in view are there: following, and searching. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDownToLine, Search } from 'lucide-react'
import { memo, useEffect, useId, useMemo, useRef, useState } from 'react'
import { absoluteTime } from '~/model/format'
import { useLanguage, useText } from '~/text'

const LINE_PX = 20
const OVERSCAN = 30
/** How near to the end somebody is who wants to go on following, in pixels. */
const NEAR_PX = 40

export type ShownLine = { key: number; at: string | undefined; source: string; text: string; isBad: boolean }

type ViewProps = {
  lines: readonly ShownLine[]
  label: string
  /** How the time of a line is told; the whole of it is where the pointer rests. */
  timeOf: (at: string) => string
  isLive: boolean
}

export function LogView({ lines, label, timeOf, isLive }: ViewProps) {
  const t = useText().job
  const id = useId()
  const [q, setQ] = useState('')
  const [follows, setFollows] = useState(isLive)
  const words = q.toLowerCase()
  const found = words ? lines.filter(({ text }) => text.toLowerCase().includes(words)) : lines
  return (
    <>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <label className="input w-64 input-sm max-sm:flex-1">
          <Search aria-hidden className="size-4 quiet" />
          <input
            id={id}
            type="search"
            aria-label={t.search}
            placeholder={t.search}
            value={q}
            onChange={(event) => setQ(event.target.value)}
          />
        </label>
        <span role="status" className="text-xs quiet">
          {t.matches(found.length)}
        </span>
        <button
          type="button"
          aria-pressed={follows}
          onClick={() => setFollows(!follows)}
          className={`btn ml-auto btn-sm ${follows ? '' : 'btn-ghost'}`}
        >
          <ArrowDownToLine aria-hidden className={`size-4 ${follows ? 'text-primary' : ''}`} />
          {t.follow}
        </button>
      </div>
      {found.length === 0 ? (
        <p className="rounded-box bg-base-200 px-3 py-6 text-center quiet">{q ? t.noLinesFound : t.noLines}</p>
      ) : (
        <Lines lines={found} label={label} timeOf={timeOf} follows={follows} onLeave={() => setFollows(false)} />
      )}
    </>
  )
}

type LinesProps = Omit<ViewProps, 'isLive'> & { follows: boolean; onLeave: () => void }

function Lines({ lines, label, timeOf, follows, onLeave }: LinesProps) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
  })
  const last = lines.at(-1)?.key
  const hasTimes = useMemo(() => lines.some(({ at }) => at), [lines])
  useEffect(() => {
    const element = box.current
    if (follows && element) element.scrollTop = element.scrollHeight
  }, [follows, last])
  const onScroll = (event: React.UIEvent<HTMLDivElement>) => {
    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget
    if (follows && scrollHeight - scrollTop - clientHeight > NEAR_PX * 3) onLeave()
  }
  return (
    <div
      ref={box}
      role="log"
      aria-label={label}
      aria-live="off"
      tabIndex={0}
      onWheel={(event) => event.deltaY < 0 && onLeave()}
      onScroll={onScroll}
      className="max-h-[28rem] overflow-auto rounded-box bg-base-200 px-3 py-2 font-mono text-xs leading-5"
    >
      <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const line = lines[index]
          return (
            line && (
              <div
                key={key}
                data-index={index}
                ref={virtual.measureElement}
                className="absolute inset-x-0 top-0 flex gap-3"
                style={{ transform: `translateY(${start}px)` }}
              >
                {hasTimes && (
                  <span className="min-w-16 shrink-0 text-right quiet select-none">
                    {line.at && <Time at={line.at} text={timeOf(line.at)} />}
                  </span>
                )}
                <span className="w-16 shrink-0 quiet select-none max-sm:hidden">{line.source}</span>
                <span className={`min-w-0 whitespace-pre-wrap ${line.isBad ? 'text-error' : ''}`}>
                  {line.text || ' '}
                </span>
              </div>
            )
          )
        })}
      </div>
    </div>
  )
}

/** Those that did not change are not made again while somebody scrolls. */
const Time = memo(function Time({ at, text }: { at: string; text: string }) {
  const language = useLanguage()
  return (
    <time dateTime={at} title={absoluteTime(at, language)}>
      {text}
    </time>
  )
})
