/** What is shown where a page cannot be. */
import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { Bug, KeyRound } from 'lucide-react'
import { Prose } from '~/ui/basics'
import { Empty, PageHead } from '~/ui/layout'
import { useText } from '~/text'

export function NotFound() {
  const t = useText()
  return (
    <>
      <PageHead title={t.problem.notFound} sub={t.problem.notFoundHint} />
      <Link to="/" className="btn btn-primary btn-sm">
        {t.problem.home}
      </Link>
    </>
  )
}

export function Crash({ error }: ErrorComponentProps) {
  const t = useText()
  return (
    <div className="p-6">
      <Empty
        Icon={Bug}
        title={t.problem.crash}
        action={
          <button type="button" className="btn btn-primary btn-sm" onClick={() => location.reload()}>
            {t.problem.reload}
          </button>
        }
      >
        {t.problem.crashHint} <code>{error instanceof Error ? error.message : String(error)}</code>
      </Empty>
    </div>
  )
}

/** Says how to get in, where the server does not know who asks. */
export function SignIn() {
  const t = useText().signIn
  const ways = [
    { title: t.token, text: t.tokenText, command: 'dockrev token add page --scope update' },
    { title: t.proxy, text: t.proxyText, command: undefined },
    { title: t.here, text: t.hereText, command: undefined },
  ]
  return (
    <main className="mx-auto max-w-lg px-5 py-16">
      <KeyRound aria-hidden strokeWidth={1.4} className="mb-4 size-8 text-primary" />
      <PageHead title={t.title} sub={t.text} />
      <ul className="space-y-6">
        {ways.map(({ title, text, command }) => (
          <li key={title}>
            <h2 className="font-semibold">{title}</h2>
            <p className="mt-1">
              <Prose text={text} />
            </p>
            {command && <pre className="mt-2 overflow-x-auto rounded-box bg-base-200 px-3 py-2 text-xs">{command}</pre>}
          </li>
        ))}
      </ul>
      <ReloadButton />
    </main>
  )
}

function ReloadButton() {
  const t = useText()
  return (
    <button type="button" className="btn mt-8 btn-primary btn-sm" onClick={() => location.reload()}>
      {t.problem.reload}
    </button>
  )
}
