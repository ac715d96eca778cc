import { Keyboard, Languages, Menu as MenuIcon, Monitor, Moon, Search, Sun, Unplug } from 'lucide-react'
import { useState, useSyncExternalStore } from 'react'
import { connectionStore } from '~/api/events'
import type { Language } from '~/model/format'
import { useText } from '~/text'
import { Dialog } from '~/ui/dialog'
import { Menu } from '~/ui/menu'
import { Brand, NavLinks } from './nav'
import { languagePreference, themePreference, usePreference, type Theme } from './preferences'
import type { Overlay } from './shell'

const THEMES = [
  { theme: 'system', Icon: Monitor },
  { theme: 'light', Icon: Sun },
  { theme: 'dark', Icon: Moon },
] as const satisfies readonly { theme: Theme; Icon: unknown }[]

/** Each language in its own name: whoever looks for it can read that. */
const LANGUAGES: readonly { language: Language; name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'zh', name: '中文' },
]

export function TopBar({ onOpen }: { onOpen: (overlay: Overlay) => void }) {
  const t = useText()
  return (
    <div className="sticky top-0 z-20 flex h-12 items-center gap-1 border-b line bg-base-100/95 px-3 backdrop-blur-sm sm:px-5 lg:justify-end lg:border-transparent lg:px-8">
      <PhoneMenu />
      <div className="flex-1 lg:hidden">
        <Brand />
      </div>
      <ConnectionNote />
      <button
        type="button"
        onClick={() => onOpen('palette')}
        className="btn btn-ghost btn-sm max-sm:btn-square sm:border-base-300 sm:font-normal"
      >
        <Search aria-hidden className="size-4" />
        <span className="quiet max-sm:sr-only">{t.top.search}</span>
        <kbd className="ml-3 text-xs quiet max-sm:hidden">{navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <button
        type="button"
        onClick={() => onOpen('keys')}
        aria-label={t.top.keys}
        title={t.top.keys}
        className="btn btn-square btn-ghost btn-sm max-sm:hidden"
      >
        <Keyboard aria-hidden className="size-4" />
      </button>
      <LanguageMenu />
      <ThemeMenu />
    </div>
  )
}

function ThemeMenu() {
  const t = useText()
  const chosen = usePreference(themePreference)
  const { Icon: Chosen } = THEMES.find(({ theme }) => theme === chosen) ?? THEMES[0]
  return (
    <Menu
      label={t.top.theme}
      button={<Chosen aria-hidden className="size-4" />}
      items={THEMES.map(({ theme, Icon }) => ({
        label: t.top.themes[theme],
        icon: <Icon aria-hidden className="size-4" />,
        isChosen: theme === chosen,
        onSelect: () => themePreference.set(theme),
      }))}
    />
  )
}

function LanguageMenu() {
  const t = useText()
  const chosen = usePreference(languagePreference)
  return (
    <Menu
      label={t.top.language}
      button={<Languages aria-hidden className="size-4" />}
      items={LANGUAGES.map(({ language, name }) => ({
        label: name,
        isChosen: language === chosen,
        onSelect: () => languagePreference.set(language),
      }))}
    />
  )
}

/** Is there only when something is wrong, and has its place all the same. */
function ConnectionNote() {
  const t = useText()
  const connection = useSyncExternalStore(connectionStore.subscribe, connectionStore.get)
  return (
    <div role="status" className="mr-2 min-w-0">
      {connection === 'lost' && (
        <span title={t.top.lostHint} className="flex items-center gap-1.5 text-xs text-warning">
          <Unplug aria-hidden className="size-4" />
          <span className="max-sm:sr-only">{t.top.lost}</span>
        </span>
      )}
    </div>
  )
}

function PhoneMenu() {
  const t = useText()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        aria-label={t.nav.menu}
        className="btn -ml-1 btn-square btn-ghost btn-sm lg:hidden"
        onClick={() => setOpen(true)}
      >
        <MenuIcon aria-hidden className="size-5" />
      </button>
      {isOpen && (
        <Dialog title={t.nav.menu} onClose={() => setOpen(false)}>
          <NavLinks onFollow={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  )
}
