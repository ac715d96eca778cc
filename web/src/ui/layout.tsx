/** Heads, sections, and what stands where there is nothing to show. */
import { CircleAlert, type LucideIcon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { ProblemError } from '~/api/client'
import { useText } from '~/text'
import { Prose } from './basics'

type HeadProps = { title: string; tab?: string; sub?: ReactNode; above?: ReactNode; actions?: ReactNode }

/** The head of a page; its title is the tab's, too. */
export function PageHead({ title, tab, sub, above, actions }: HeadProps) {
  const name = tab ?? title
  useEffect(() => {
    document.title = `${name} · Dockrev`
  }, [name])
  return (
    <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {above && <div className="mb-1 text-xs quiet">{above}</div>}
        <h1 className="text-xl leading-7 font-semibold tracking-tight text-balance">{title}</h1>
        {sub && <div className="mt-0.5 quiet">{sub}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

type SectionProps = { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode }

export function Section({ title, note, actions, children }: SectionProps) {
  return (
    <section className="mb-9">
      <div className="mb-2 flex min-h-8 flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h2 className="text-[0.9375rem] font-semibold">{title}</h2>
        {actions}
      </div>
      {note && <p className="mb-3 max-w-prose quiet">{note}</p>}
      {children}
    </section>
  )
}

type EmptyProps = { Icon: LucideIcon; title: string; children?: ReactNode; action?: ReactNode }

/** What there would be, and what to do to have it. */
export function Empty({ Icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center px-4 py-14 text-center">
      <Icon aria-hidden strokeWidth={1.4} className="mb-3 size-8 quiet" />
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 max-w-md quiet">{children}</div>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  )
}

/** What went wrong, in the server's words: what happened, what to do, what is wrong with each field. */
export function ProblemNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useText()
  const problem = error instanceof ProblemError ? error.problem : { code: 'page.failed', message: String(error) }
  const hint = problem.hint ?? (problem.code === 'page.unreachable' ? t.problem.unreachable : undefined)
  return (
    <div role="alert" className="flex gap-3 rounded-box border border-error/40 bg-error/5 px-4 py-3">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-error" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">
          <Prose text={problem.message} />
        </p>
        {hint && (
          <p className="mt-1">
            <Prose text={hint} />
          </p>
        )}
        {problem.fields && problem.fields.length > 0 && (
          <ul className="mt-1 list-disc pl-4">
            {problem.fields.map(({ field, message }) => (
              <li key={field + message}>
                <code>{field}</code>: <Prose text={message} />
              </li>
            ))}
          </ul>
        )}
        <p className="mt-1 text-xs quiet">
          <code>{problem.code}</code>
        </p>
      </div>
      {retry && (
        <button type="button" className="btn self-start btn-sm" onClick={retry}>
          {t.problem.again}
        </button>
      )}
    </div>
  )
}

/** A note that is to be read before something is done. */
export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null
  return (
    <ul className="space-y-1">
      {warnings.map((warning) => (
        <li key={warning} className="flex gap-2 text-warning">
          <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span>
            <Prose text={warning} />
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Rows that hold the place of those that are on their way. */
export function Placeholder({ rows = 6 }: { rows?: number }) {
  const t = useText()
  return (
    <div role="status" aria-label={t.loading} data-placeholder className="space-y-px">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex h-10 items-center gap-4 border-b line">
          <span className="h-3 w-40 rounded bg-base-300/70" />
          <span className="h-3 w-24 rounded bg-base-300/50" />
          <span className="h-3 flex-1 rounded bg-base-300/30 max-sm:hidden" />
        </div>
      ))}
    </div>
  )
}
