import { useId, type ReactNode } from 'react'

type TabsProps<T extends string> = {
  label: string
  tabs: readonly { name: T; label: string }[]
  shown: T
  onShow: (tab: T) => void
  children: ReactNode
}

/** Parts of a page of which one is shown. Arrows move between them. */
export function Tabs<T extends string>({ label, tabs, shown, onShow, children }: TabsProps<T>) {
  const id = useId()
  const at = tabs.findIndex(({ name }) => name === shown)
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = step === 0 ? undefined : tabs[(at + step + tabs.length) % tabs.length]
    if (!next) return
    onShow(next.name)
    document.getElementById(`${id}-${next.name}`)?.focus()
  }
  return (
    <>
      <div role="tablist" aria-label={label} className="mb-5 flex gap-5 border-b line" onKeyDown={onKey}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            id={`${id}-${tab.name}`}
            type="button"
            role="tab"
            aria-selected={tab.name === shown}
            aria-controls={`${id}-panel`}
            tabIndex={tab.name === shown ? 0 : -1}
            onClick={() => onShow(tab.name)}
            className={`-mb-px h-9 cursor-pointer border-b-2 ${
              tab.name === shown ? 'border-primary font-medium' : 'border-transparent quiet hover:border-base-300'
            }`}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`}>
        {children}
      </div>
    </>
  )
}
