import type { ReactNode } from 'react'

export type Fact = { name: string; value: ReactNode; hint?: string }

/** Names with their values. What has no value is left out. */
export function Facts({ facts }: { facts: readonly (Fact | false | null | undefined)[] }) {
  return (
    <dl>
      {facts.map(
        (fact) =>
          fact && (
            <div
              key={fact.name}
              className="border-b line py-2 last:border-0 sm:grid sm:grid-cols-[10rem_minmax(0,1fr)]"
            >
              <dt className="quiet" title={fact.hint}>
                {fact.name}
              </dt>
              <dd className="flex min-h-5 min-w-0 flex-wrap items-center gap-x-2 gap-y-1">{fact.value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
