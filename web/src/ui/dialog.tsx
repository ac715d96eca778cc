/** Dialogs of the browser's own kind: it keeps the focus inside, and gives it back. */
import { X } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { useText } from '~/text'
import { Spinner } from './basics'
import { ProblemNote } from './layout'

type DialogProps = { title: string; onClose: () => void; children: ReactNode; wide?: boolean }

/** Is shown as long as it is rendered. */
export function Dialog({ title, onClose, children, wide = false }: DialogProps) {
  const t = useText()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  const close = (event: { preventDefault: () => void }) => {
    event.preventDefault()
    onClose()
  }
  return (
    // The keyboard closes it by Escape, which the browser turns into `cancel`.
    <dialog
      ref={dialog}
      aria-label={title}
      onCancel={close}
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
      className={`m-auto w-[calc(100vw-1.5rem)] rounded-box border line bg-base-100 text-base-content shadow-xl backdrop:bg-black/40 ${wide ? 'max-w-2xl' : 'max-w-md'}`}
    >
      <div className="p-5">
        <div className="mb-3 flex items-start justify-between gap-4">
          <h2 className="text-base font-semibold">{title}</h2>
          <button
            type="button"
            aria-label={t.close}
            className="btn -mt-1 -mr-1 btn-square btn-ghost btn-sm"
            onClick={onClose}
          >
            <X aria-hidden className="size-4" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}

type ConfirmProps = {
  title: string
  children: ReactNode
  action: string
  isDangerous?: boolean
  isPending: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something is done that is not undone by itself. */
export function Confirm({
  title,
  children,
  action,
  isDangerous = false,
  isPending,
  error,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const t = useText()
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="space-y-3">
        {children}
        {error ? <ProblemNote error={error} /> : null}
      </div>
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="btn btn-ghost btn-sm" onClick={onClose}>
          {t.cancel}
        </button>
        <button
          type="button"
          className={`btn btn-sm ${isDangerous ? 'btn-error' : 'btn-primary'}`}
          disabled={isPending}
          onClick={onConfirm}
        >
          {isPending && <Spinner />}
          {action}
        </button>
      </div>
    </Dialog>
  )
}
