import { Link } from '@tanstack/react-router'
import type { AuditEntry } from '~/api/types'
import { useText } from '~/text'
import { Ago } from '~/ui/basics'

/** The columns, from the width on at which there is room for them. */
const GRID = 'md:grid-cols-[7rem_minmax(0,1fr)_minmax(0,2.6fr)_minmax(0,1fr)]'

/** What somebody asked for, and what came of it. */
export function AuditItem({ entry }: { entry: AuditEntry }) {
  const t = useText().audit
  const isGood = entry.status < 400
  const [method, path] = entry.action.split(' ')
  return (
    <li className={`grid gap-x-4 gap-y-0.5 border-b line py-2 ${GRID}`}>
      <Ago at={entry.at} className="quiet" />
      <span className="min-w-0">
        <Link
          to="/audit"
          search={(old) => ({ ...old, who: entry.who })}
          title={t.only(entry.who)}
          className="rounded font-medium hover:underline"
        >
          {entry.who}
        </Link>{' '}
        <span className="text-xs quiet">
          {t.from} {entry.address}
        </span>
      </span>
      <div className="min-w-0">
        <code className="code">
          <b className="font-semibold">{method}</b> {path?.replace('/api/v1', '')}
        </code>
        {entry.parameters && entry.parameters !== '{}' && (
          <details>
            <summary className="cursor-pointer rounded text-xs quiet">{t.parameters}</summary>
            <pre className="mt-1 rounded bg-base-200 px-2 py-1 text-xs whitespace-pre-wrap">{entry.parameters}</pre>
          </details>
        )}
      </div>
      <span className={isGood ? 'text-success' : 'text-error'}>
        {entry.status} {entry.code && <code className="code">{entry.code}</code>}
      </span>
    </li>
  )
}
