/** Keys that work everywhere, unless somebody is typing. */
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { PAGES } from './pages'
import type { Overlay } from './shell'

/** How long after `g` the second key may come. */
const SECOND_KEY_MS = 1200
/** What the search of a page is marked with. */
export const SEARCH_MARK = 'data-page-search'

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

export function useShortcuts(open: (overlay: Overlay) => void) {
  const navigate = useNavigate()
  const goneAt = useRef(0)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault()
        open('palette')
        return
      }
      const isBusy = isTyping(event.target) || document.querySelector('dialog[open]') !== null
      if (isBusy || event.metaKey || event.ctrlKey || event.altKey) return
      const page = PAGES.find(({ key }) => key === event.key)
      if (page && event.timeStamp - goneAt.current < SECOND_KEY_MS) {
        goneAt.current = 0
        event.preventDefault()
        void navigate({ to: page.to })
        return
      }
      goneAt.current = event.key === 'g' ? event.timeStamp : 0
      if (event.key === '?') open('keys')
      if (event.key === '/') {
        event.preventDefault()
        const search = document.querySelector<HTMLElement>(`[${SEARCH_MARK}]`)
        if (search) search.focus()
        else open('palette')
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate, open])
}
