import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { jobLogQuery } from '~/api/queries'
import type { Job } from '~/api/types'
import { secondsAfter } from '~/model/format'
import { isGoingOn } from '~/model/overview'
import { useText } from '~/text'
import { Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { LogView } from '~/ui/log-view'

/** What was written while a job went on, each line with how long after the wish for the job. */
export function JobLog({ job }: { job: Job }) {
  const t = useText()
  const query = useQuery(jobLogQuery(job.id, useQueryClient()))
  const lines = useMemo(
    () =>
      query.data?.map(({ number, at, source, text }) => ({
        key: number,
        at: at ?? undefined,
        source: t.logSource[source],
        text,
        isBad: false,
      })),
    [query.data, t],
  )
  return (
    <Section title={t.job.log}>
      <Loaded query={{ ...query, data: lines }} rows={4}>
        {(shown) => (
          <LogView
            lines={shown}
            label={t.job.log}
            timeOf={(at) => secondsAfter(job.created_at, at)}
            isLive={isGoingOn(job)}
          />
        )}
      </Loaded>
    </Section>
  )
}
