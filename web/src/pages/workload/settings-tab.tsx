import { useQuery } from '@tanstack/react-query'
import { settingsQuery } from '~/api/queries'
import { SettingList } from '~/pages/setting-list'
import { useText } from '~/text'
import { Loaded } from '~/ui/loaded'

/** What can be set for one service, and how. */
export function SettingsTab() {
  const t = useText().workload
  const query = useQuery(settingsQuery)
  return (
    <>
      <p className="mb-3 max-w-prose quiet">{t.settingsNote}</p>
      <Loaded query={query}>
        {({ catalog }) => (
          <SettingList settings={catalog.filter(({ labels, place }) => place === 'service' || labels.length > 0)} />
        )}
      </Loaded>
    </>
  )
}
