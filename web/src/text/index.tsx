/** The words of the page. English is there at once; another language is loaded when it is chosen. */
import { createContext, use, useEffect, useState, type ReactNode } from 'react'
import { languagePreference, usePreference } from '~/app/preferences'
import type { Language } from '~/model/format'
import { en, type Messages } from './en'

const TextContext = createContext<{ t: Messages; language: Language }>({ t: en, language: 'en' })

const load: Record<Language, () => Promise<Messages>> = {
  en: () => Promise.resolve(en),
  zh: () => import('./zh').then(({ zh }) => zh),
}

export function TextProvider({ children }: { children: ReactNode }) {
  const language = usePreference(languagePreference)
  const [loaded, setLoaded] = useState<{ t: Messages; language: Language } | undefined>(
    language === 'en' ? { t: en, language } : undefined,
  )
  useEffect(() => {
    let isWanted = true
    void load[language]().then(
      (t) => isWanted && setLoaded({ t, language }),
      () => isWanted && setLoaded({ t: en, language: 'en' }),
    )
    return () => {
      isWanted = false
    }
  }, [language])
  if (!loaded) return null
  return <TextContext value={loaded}>{children}</TextContext>
}

export const useText = () => use(TextContext).t
export const useLanguage = () => use(TextContext).language
