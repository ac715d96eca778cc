import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { jobLogQuery } from '~/api/queries'
import { useText } from '~/text'
import { Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { LogView } from '~/ui/log-view'

export function JobLog({ id, isLive }: { id: string; isLive: boolean }) {
  const t = useText()
  const query = useQuery(jobLogQuery(id, useQueryClient()))
  const lines = useMemo(
    () =>
      query.data?.map(({ number, source, text }) => ({
        key: number,
        source: t.logSource[source],
        text,
        isBad: false,
      })),
    [query.data, t],
  )
  return (
    <Section title={t.job.log}>
      <Loaded query={{ ...query, data: lines }} rows={4}>
        {(shown) => <LogView lines={shown} label={t.job.log} isLive={isLive} />}
      </Loaded>
    </Section>
  )
}
