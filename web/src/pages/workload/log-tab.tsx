import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { workloadLogQuery } from '~/api/queries'
import type { Workload } from '~/api/types'
import { clockTime } from '~/model/format'
import { useText } from '~/text'
import { Loaded } from '~/ui/loaded'
import { LogView } from '~/ui/log-view'

/** What its containers write, read again and again as long as it is looked at. */
export function LogTab({ of }: { of: Workload }) {
  const t = useText()
  const query = useQuery(workloadLogQuery(of, true))
  const lines = useMemo(
    () =>
      query.data?.lines.map(({ at, source, text }, index) => ({
        key: index,
        at: at ?? undefined,
        source: t.logSource[source],
        text,
        isBad: false,
      })),
    [query.data, t],
  )
  return (
    <Loaded query={{ data: lines, error: query.error, refetch: query.refetch }}>
      {(shown) => <LogView lines={shown} label={t.workload.lines} timeOf={clockTime} isLive />}
    </Loaded>
  )
}
