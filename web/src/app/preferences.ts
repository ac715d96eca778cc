/** What somebody chose for this browser: theme, language, which groups are closed. Kept in its storage. */
import { useSyncExternalStore } from 'react'
import type { Language } from '~/model/format'

export type Theme = 'system' | 'light' | 'dark'

function stored(key: string): string | null {
  try {
    return localStorage.getItem(`dockrev.${key}`)
  } catch {
    return null
  }
}

function store(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(`dockrev.${key}`)
    else localStorage.setItem(`dockrev.${key}`, value)
  } catch {
    // Where nothing can be kept, the choice lasts as long as the page.
  }
}

class Preference<T> {
  private readonly listeners = new Set<() => void>()

  constructor(
    private value: T,
    private readonly keep: (value: T) => void,
  ) {}

  readonly get = () => this.value

  readonly set = (value: T) => {
    this.value = value
    this.keep(value)
    this.listeners.forEach((listener) => listener())
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export function usePreference<T>(preference: Preference<T>): T {
  return useSyncExternalStore(preference.subscribe, preference.get)
}

const theme = stored('theme')
export const themePreference = new Preference<Theme>(
  theme === 'light' || theme === 'dark' ? theme : 'system',
  (value) => {
    store('theme', value === 'system' ? null : value)
    const root = document.documentElement
    if (value === 'system') delete root.dataset.theme
    else root.dataset.theme = value
  },
)

const language = stored('language') ?? navigator.language
export const languagePreference = new Preference<Language>(
  language.toLowerCase().startsWith('zh') ? 'zh' : 'en',
  (value) => {
    store('language', value)
    document.documentElement.lang = value
  },
)

function readKeys(text: string | null): ReadonlySet<string> {
  try {
    const keys: unknown = JSON.parse(text ?? '[]')
    return new Set(Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [])
  } catch {
    return new Set()
  }
}

export const closedGroups = new Preference<ReadonlySet<string>>(readKeys(stored('closed')), (keys) =>
  store('closed', JSON.stringify([...keys])),
)
