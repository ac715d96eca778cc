import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Unplug } from 'lucide-react'
import { workloadQuery } from '~/api/queries'
import type { Workload } from '~/api/types'
import { TABS, type Tab } from '~/model/search'
import { entryLook } from '~/model/status'
import { useText } from '~/text'
import { Prose, Sign } from '~/ui/basics'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { Tabs } from '~/ui/tabs'
import { HistoryTab } from './history-tab'
import { LogTab } from './log-tab'
import { SettingsTab } from './settings-tab'
import { SummaryTab } from './summary-tab'
import { WorkloadActions } from './workload-actions'

const serviceRoute = getRouteApi('/stacks/$stack/services/$service')
const containerRoute = getRouteApi('/containers/$name')

export function ServicePage() {
  const { stack, service } = serviceRoute.useParams()
  const { tab } = serviceRoute.useSearch()
  return <WorkloadPage key={`${stack}/${service}`} of={{ stack, name: service }} tab={tab ?? 'summary'} />
}

export function ContainerPage() {
  const { name } = containerRoute.useParams()
  const { tab } = containerRoute.useSearch()
  return <WorkloadPage key={name} of={{ stack: null, name }} tab={tab ?? 'summary'} />
}

/** A service of a stack, or a container that belongs to none: the same page. */
function WorkloadPage({ of, tab }: { of: Workload; tab: Tab }) {
  const t = useText()
  const navigate = useNavigate()
  const query = useQuery(workloadQuery(of))
  const entry = query.data?.entry
  const show = (next: Tab) =>
    void navigate({ to: '.', search: next === 'summary' ? {} : { tab: next }, replace: true, resetScroll: false })
  return (
    <>
      <PageHead
        above={
          of.stack ? (
            <>
              <Link to="/">{t.nav.overview}</Link> / {of.stack}
            </>
          ) : (
            <>
              <Link to="/">{t.nav.overview}</Link> / {t.workload.container}
            </>
          )
        }
        title={of.name}
        sub={
          <div className="flex min-h-5 flex-wrap items-start gap-x-2">
            {entry && (
              <>
                <Sign look={entryLook[entry.status]} className="font-medium">
                  {t.status[entry.status]}
                </Sign>
                <span>
                  <Prose text={entry.reason} />
                </span>
              </>
            )}
          </div>
        }
        actions={query.data && <WorkloadActions of={of} detail={query.data} />}
      />
      <Tabs
        label={of.name}
        tabs={TABS.map((name) => ({ name, label: t.workload.tabs[name] }))}
        shown={tab}
        onShow={show}
      >
        {tab === 'log' ? (
          <LogTab of={of} />
        ) : tab === 'settings' ? (
          <SettingsTab of={of} />
        ) : (
          <Loaded query={query}>
            {(detail) =>
              tab === 'history' ? (
                <HistoryTab of={of} jobs={detail.jobs} />
              ) : !detail.entry && detail.containers.length === 0 ? (
                <Empty Icon={Unplug} title={t.workload.notFound}>
                  {t.workload.notFoundHint}
                </Empty>
              ) : (
                <SummaryTab of={of} detail={detail} />
              )
            }
          </Loaded>
        )}
      </Tabs>
    </>
  )
}
