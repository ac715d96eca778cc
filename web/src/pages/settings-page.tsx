import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { settingsQuery } from '~/api/queries'
import type { Settings } from '~/api/types'
import { SEARCH_MARK } from '~/app/shortcuts'
import { duration } from '~/model/format'
import { useText } from '~/text'
import { Facts } from '~/ui/facts'
import { PageHead, Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { SettingList } from './setting-list'

const route = getRouteApi('/settings')

export function SettingsPage() {
  const t = useText().settings
  const query = useQuery(settingsQuery)
  return (
    <>
      <PageHead title={t.title} sub={t.sub} />
      <Loaded query={query} rows={12}>
        {(settings) => (
          <>
            <Section title={t.now}>
              <InForce settings={settings} />
            </Section>
            <Catalog settings={settings} />
          </>
        )}
      </Loaded>
    </>
  )
}

function InForce({ settings }: { settings: Settings }) {
  const t = useText().settings
  const code = (text: string) => <code className="code">{text}</code>
  const list = (texts: string[]) => texts.length > 0 && code(texts.join(', '))
  const { check_every_s: every, check_cron: cron, time_zone: zone, update_windows: windows } = settings
  const facts = [
    { name: t.facts.listen, value: code(settings.listen) },
    {
      name: t.facts.check_every_s,
      value: cron ? (
        code(`${cron} (${zone})`)
      ) : (
        <span>{every == null ? t.never : t.every(duration(every * 1000))}</span>
      ),
    },
    { name: t.facts.update_windows, value: windows.length > 0 && code(`${windows.join(', ')} (${zone})`) },
    { name: t.facts.webhooks, value: list(settings.webhooks) },
    { name: t.facts.policy, value: code(settings.policy) },
    { name: t.facts.compose, value: code(settings.compose) },
    { name: t.facts.backup_dir, value: code(settings.backup_dir) },
    { name: t.facts.plugin_dirs, value: list(settings.plugin_dirs) },
    { name: t.facts.notify, value: list(settings.notify) },
    { name: t.facts.services, value: list(settings.services) },
    { name: t.facts.trusted_proxies, value: list(settings.trusted_proxies) },
    settings.trusted_proxies.length > 0 && { name: t.facts.forward_header, value: code(settings.forward_header) },
  ]
  return <Facts facts={facts.filter((fact) => fact && fact.value !== false)} />
}

function Catalog({ settings }: { settings: Settings }) {
  const t = useText().settings
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const words = q.toLowerCase()
  const found = settings.catalog.filter((setting) =>
    [setting.key, setting.environment, setting.meaning, ...setting.labels].join(' ').toLowerCase().includes(words),
  )
  return (
    <Section
      title={t.all}
      actions={
        <label className="input w-64 input-sm max-sm:w-full">
          <Search aria-hidden className="size-4 quiet" />
          <input
            type="search"
            {...{ [SEARCH_MARK]: '' }}
            aria-label={t.filter}
            placeholder={t.filter}
            value={q}
            onChange={(event) =>
              void navigate({
                search: event.target.value ? { q: event.target.value } : {},
                replace: true,
                resetScroll: false,
              })
            }
          />
        </label>
      }
    >
      {found.length > 0 ? <SettingList settings={found} /> : <p className="quiet">{t.nothing}</p>}
    </Section>
  )
}
