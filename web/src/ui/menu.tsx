import { useEffect, useId, useRef, useState, type ReactNode } from 'react'

export type MenuItem = { label: string; icon?: ReactNode; isChosen?: boolean; disabled?: boolean; onSelect: () => void }
type MenuProps = { label: string; button: ReactNode; items: MenuItem[]; className?: string }

/** A button that opens a list of things to do. Arrows move in it, Escape and a press beside it close it. */
export function Menu({ label, button, items, className = 'btn-ghost btn-square' }: MenuProps) {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const root = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isOpen) return
    list.current?.querySelector<HTMLElement>('button:not(:disabled)')?.focus()
    const close = (event: MouseEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false)
    }
    document.addEventListener('mousedown', close)
    return () => document.removeEventListener('mousedown', close)
  }, [isOpen])
  const leave = () => {
    setOpen(false)
    root.current?.querySelector('button')?.focus()
  }
  const move = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape') leave()
    if (event.key === 'Tab') setOpen(false)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const all = [...(list.current?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    all[(at + step + all.length) % all.length]?.focus()
  }
  return (
    <div ref={root} className="relative">
      <button
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={label}
        title={label}
        className={`btn btn-sm ${className}`}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen && (
        <div
          ref={list}
          id={id}
          role="menu"
          aria-label={label}
          tabIndex={-1}
          onKeyDown={move}
          className="absolute right-0 z-30 mt-1 min-w-44 rounded-box border line bg-base-100 p-1 shadow-lg"
        >
          {items.map(({ label: text, icon, isChosen, disabled, onSelect }) => (
            <button
              key={text}
              type="button"
              {...(isChosen === undefined ? { role: 'menuitem' } : { role: 'menuitemradio', 'aria-checked': isChosen })}
              disabled={disabled}
              onClick={() => {
                leave()
                onSelect()
              }}
              className="flex w-full cursor-pointer items-center gap-2 rounded px-2.5 py-1.5 text-left whitespace-nowrap hover:bg-base-200 focus-visible:bg-base-200 disabled:cursor-default disabled:opacity-50"
            >
              {icon}
              <span className="flex-1">{text}</span>
              {isChosen && <span aria-hidden>✓</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
