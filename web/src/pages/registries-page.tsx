import { useQuery } from '@tanstack/react-query'
import { CircleX, HardDrive, KeyRound, UserRound } from 'lucide-react'
import { registriesQuery } from '~/api/queries'
import type { Registry } from '~/api/types'
import { duration } from '~/model/format'
import type { Look } from '~/model/status'
import { useText } from '~/text'
import { Ago, Prose, Sign } from '~/ui/basics'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'

const CREDENTIALS_LOOK = {
  none: { tone: 'quiet', Icon: UserRound },
  password: { tone: 'success', Icon: KeyRound },
  'identity-token': { tone: 'success', Icon: KeyRound },
  broken: { tone: 'error', Icon: CircleX },
} satisfies Record<Registry['credentials'], Look>

/** The columns, from the width on at which there is room for them. */
const GRID = 'md:grid-cols-[minmax(0,1.5fr)_minmax(0,1.2fr)_minmax(0,1.2fr)_minmax(0,1.2fr)_5rem]'

export function RegistriesPage() {
  const t = useText().registries
  const query = useQuery(registriesQuery)
  return (
    <>
      <PageHead title={t.title} sub={t.sub} />
      <Loaded query={query} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty Icon={HardDrive} title={t.nothing}>
              {t.nothingHint}
            </Empty>
          ) : (
            <>
              <div
                aria-hidden
                className={`hidden h-8 items-center gap-x-4 border-b line text-xs quiet md:grid ${GRID}`}
              >
                <span>{t.columns.name}</span>
                <span>{t.columns.adapter}</span>
                <span>{t.columns.credentials}</span>
                <span>{t.columns.budget}</span>
                <span className="text-right">{t.columns.requests}</span>
              </div>
              <ul aria-label={t.title}>
                {items.map((registry) => (
                  <RegistryItem key={registry.name} registry={registry} />
                ))}
              </ul>
              <p className="mt-4 max-w-prose quiet">
                <Prose text={t.credentialsNote} />
              </p>
            </>
          )
        }
      </Loaded>
    </>
  )
}

function RegistryItem({ registry }: { registry: Registry }) {
  const t = useText().registries
  const served = registry.served_by
  const problems = [registry.problem, served?.problem].filter((problem) => problem != null)
  return (
    <li className={`grid min-h-10 items-center gap-x-4 gap-y-0.5 border-b line py-2 ${GRID}`}>
      <span className="font-medium">{registry.name}</span>
      <span className="quiet" title={served?.why}>
        {served?.adapter}
      </span>
      <Sign look={CREDENTIALS_LOOK[registry.credentials]}>{t.credentials[registry.credentials]}</Sign>
      <Budget limit={registry.limit} />
      <span className="md:text-right">
        <span className="quiet md:hidden">{t.columns.requests}: </span>
        {registry.requests}
      </span>
      {problems.map((problem) => (
        <p key={problem} className="text-error md:col-span-5">
          <Prose text={problem} />
        </p>
      ))}
    </li>
  )
}

function Budget({ limit }: { limit: Registry['limit'] }) {
  const t = useText().registries
  if (limit?.left_alone_until) {
    return (
      <span className="text-warning">
        {t.leftAlone} <Ago at={limit.left_alone_until} />
      </span>
    )
  }
  if (limit?.remaining == null || limit.limit == null) return <span className="quiet">{t.noBudget}</span>
  const isLow = limit.remaining < limit.limit / 10
  return (
    <span className="min-w-0">
      <span className={isLow ? 'text-warning' : ''}>{t.left(limit.remaining, limit.limit)}</span>{' '}
      {limit.window_s != null && <span className="quiet">{t.window(duration(limit.window_s * 1000))}</span>}
      <progress
        aria-hidden
        className={`progress mt-1 block h-1 max-w-40 ${isLow ? 'progress-warning' : 'progress-primary'}`}
        value={limit.remaining}
        max={Math.max(1, limit.limit)}
      />
    </span>
  )
}
