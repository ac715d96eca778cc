import { useSyncExternalStore } from 'react'

/** How often times that are told from now are told anew. */
const TICK_MS = 15_000

function clock(tickMs: number) {
  let now = Date.now()
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    timer ??= setInterval(() => {
      now = Date.now()
      listeners.forEach((tell) => tell())
    }, tickMs)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }
  return { get: () => (timer ? now : (now = Date.now())), subscribe }
}

const slow = clock(TICK_MS)
const fast = clock(1000)

/** Now, as exact as `a minute ago` needs it. */
export const useNow = () => useSyncExternalStore(slow.subscribe, slow.get)
/** Now, to the second: for what goes on. */
export const useSeconds = () => useSyncExternalStore(fast.subscribe, fast.get)
