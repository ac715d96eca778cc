import { useQuery } from '@tanstack/react-query'
import { settingsQuery, workloadSettingsQuery } from '~/api/queries'
import type { OwnSetting, Workload } from '~/api/types'
import { bySource, labelsByKey } from '~/model/settings'
import { useText } from '~/text'
import { Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { OwnSettingList } from './own-setting-list'

/** What one service or container goes by: what something says about it, and below that what could be said. */
export function SettingsTab({ of }: { of: Workload }) {
  const query = useQuery(workloadSettingsQuery(of))
  return <Loaded query={query}>{({ items }) => <Shown settings={items} />}</Loaded>
}

function Shown({ settings }: { settings: readonly OwnSetting[] }) {
  const t = useText().workload
  const { data: all } = useQuery(settingsQuery)
  const labels = labelsByKey(all?.catalog ?? [])
  const { set, unset } = bySource(settings)
  return (
    <>
      <Section title={t.settingsSet}>
        {set.length > 0 ? (
          <OwnSettingList settings={set} labels={labels} label={t.settingsSet} />
        ) : (
          <p className="quiet">{t.settingsNone}</p>
        )}
      </Section>
      {unset.length > 0 && (
        <details>
          <summary className="cursor-pointer rounded quiet">{t.settingsDefault(unset.length)}</summary>
          <p className="my-3 max-w-prose quiet">{t.settingsNote}</p>
          <OwnSettingList settings={unset} labels={labels} label={t.settingsDefault(unset.length)} />
        </details>
      )}
    </>
  )
}
