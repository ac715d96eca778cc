/** Everything by name: pages, services, things to do. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Box, Keyboard, Moon, RefreshCw, Search, type LucideIcon } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { beginCheck } from '~/api/actions'
import { entriesQuery } from '~/api/queries'
import { workloadLabel } from '~/model/format'
import { find } from '~/model/palette'
import { workloadLink } from '~/pages/links'
import { useText } from '~/text'
import { tellFailed } from '~/ui/toasts'
import { PAGES } from './pages'
import { themePreference } from './preferences'
import type { Overlay } from './shell'

/** Most that is shown: who looks for something types a letter more. */
const SHOWN = 12

type Item = { name: string; more?: string; group: string; Icon: LucideIcon; run: () => void }
type PaletteProps = { onClose: () => void; onOpen: (overlay: Overlay) => void }

export function Palette({ onClose, onOpen }: PaletteProps) {
  const t = useText()
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const [q, setQ] = useState('')
  const [at, setAt] = useState(0)
  const found = find(useItems(onOpen), q, ({ name, more }) => `${name} ${more ?? ''}`).slice(0, SHOWN)
  useEffect(() => dialog.current?.showModal(), [])
  const choose = (item: Item | undefined) => {
    if (!item) return
    onClose()
    item.run()
  }
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (event.key === 'Enter') choose(found[at])
    if (step === 0) return
    event.preventDefault()
    setAt((at + step + found.length) % Math.max(1, found.length))
  }
  return (
    <dialog
      ref={dialog}
      aria-label={t.palette.title}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
      className="mx-auto mt-[12vh] w-[calc(100vw-1.5rem)] max-w-xl overflow-hidden rounded-box border line bg-base-100 text-base-content shadow-xl backdrop:bg-black/40"
    >
      <label className="flex items-center gap-3 border-b line px-4">
        <Search aria-hidden className="size-4 quiet" />
        <input
          autoFocus
          role="combobox"
          aria-label={t.palette.title}
          aria-expanded
          aria-controls={id}
          aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
          autoComplete="off"
          placeholder={t.palette.placeholder}
          value={q}
          onChange={(event) => {
            setQ(event.target.value)
            setAt(0)
          }}
          onKeyDown={onKey}
          className="h-12 flex-1 bg-transparent outline-none"
        />
      </label>
      <ul id={id} role="listbox" aria-label={t.palette.title} className="max-h-[55vh] overflow-y-auto p-1.5">
        {found.map((item, index) => (
          <li
            key={item.group + item.name}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => choose(item)}
            className={`flex h-9 cursor-pointer items-center gap-3 rounded px-2.5 ${index === at ? 'bg-base-300/70' : ''}`}
          >
            <item.Icon aria-hidden className="size-4 shrink-0 quiet" />
            <span className="truncate">{item.name}</span>
            <span className="truncate text-xs quiet">{item.more}</span>
            <span className="ml-auto shrink-0 text-xs quiet">{item.group}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pb-5 text-center quiet">{t.palette.nothing}</p>}
    </dialog>
  )
}

function useItems(onOpen: (overlay: Overlay) => void): Item[] {
  const t = useText()
  const navigate = useNavigate()
  const { data: entries } = useQuery(entriesQuery)
  const toggleTheme = () => {
    const isDark = getComputedStyle(document.documentElement).colorScheme.includes('dark')
    themePreference.set(isDark ? 'light' : 'dark')
  }
  return [
    ...PAGES.map(({ name, to, Icon }): Item => {
      return { name: t.nav[name], group: t.palette.pages, Icon, run: () => void navigate({ to }) }
    }),
    {
      name: t.overview.check,
      group: t.palette.actions,
      Icon: RefreshCw,
      run: () => void navigate({ to: '/' }).then(() => beginCheck().catch(tellFailed)),
    },
    {
      name: `${t.top.theme}: ${t.top.themes.light} / ${t.top.themes.dark}`,
      group: t.palette.actions,
      Icon: Moon,
      run: toggleTheme,
    },
    { name: t.keys.title, group: t.palette.actions, Icon: Keyboard, run: () => onOpen('keys') },
    ...(entries ?? []).map((entry): Item => {
      const more = [entry.current_tag, entry.candidate && `→ ${entry.candidate.tag}`].filter(Boolean).join(' ')
      const run = () => void navigate(workloadLink(entry))
      return { name: workloadLabel(entry), more, group: t.palette.services, Icon: Box, run }
    }),
  ]
}
