/** Short words about what somebody just did. They go by themselves, errors when they are closed. */
import { CheckCircle2, CircleAlert, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { ProblemError } from '~/api/client'
import { useText } from '~/text'
import { Prose } from './basics'

const SHOWN_MS = 5000
const MAX = 4

type Toast = { id: number; kind: 'done' | 'failed'; text: string; hint?: string | undefined }

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function set(next: readonly Toast[]) {
  toasts = next
  listeners.forEach((listener) => listener())
}

const close = (id: number) => set(toasts.filter((toast) => toast.id !== id))

function show(toast: Omit<Toast, 'id'>) {
  last += 1
  const id = last
  set([...toasts, { ...toast, id }].slice(-MAX))
  if (toast.kind === 'done') setTimeout(() => close(id), SHOWN_MS)
}

export const tellDone = (text: string) => show({ kind: 'done', text })

export function tellFailed(error: unknown) {
  const problem = error instanceof ProblemError ? error.problem : undefined
  show({ kind: 'failed', text: problem?.message ?? String(error), hint: problem?.hint ?? undefined })
}

export function Toasts() {
  const t = useText()
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-3 bottom-3 left-3 z-40 flex flex-col items-end gap-2 sm:left-auto"
    >
      {shown.map(({ id, kind, text, hint }) => (
        <div
          key={id}
          className="pointer-events-auto flex max-w-md items-start gap-2.5 rounded-box border line bg-base-100 py-2.5 pr-2 pl-3.5 shadow-lg"
        >
          {kind === 'done' ? (
            <CheckCircle2 aria-hidden className="mt-0.5 size-4 shrink-0 text-success" />
          ) : (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-error" />
          )}
          <div className="min-w-0">
            <Prose text={text} />
            {hint && (
              <div className="quiet">
                <Prose text={hint} />
              </div>
            )}
          </div>
          <button
            type="button"
            aria-label={t.close}
            className="btn btn-square btn-ghost btn-xs"
            onClick={() => close(id)}
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </div>
      ))}
    </div>
  )
}
