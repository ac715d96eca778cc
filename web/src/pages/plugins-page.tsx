import { useQuery } from '@tanstack/react-query'
import { CheckCircle2, CircleMinus, Plug } from 'lucide-react'
import { pluginsQuery } from '~/api/queries'
import type { Plugin } from '~/api/types'
import { bytes } from '~/model/format'
import { useText } from '~/text'
import { Prose, Sign } from '~/ui/basics'
import { Empty, PageHead, Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'

export function PluginsPage() {
  const t = useText().plugins
  const query = useQuery(pluginsQuery)
  return (
    <>
      <PageHead title={t.title} sub={t.sub} />
      <Loaded query={query}>
        {({ plugins, problems }) => (
          <>
            {problems.length > 0 && (
              <Section title={t.problems}>
                <ul>
                  {problems.map(({ folder, problem }) => (
                    <li key={folder} className="border-b line py-2">
                      <code className="code">{folder}</code>
                      <p className="text-error">
                        <Prose text={problem} />
                      </p>
                    </li>
                  ))}
                </ul>
              </Section>
            )}
            {plugins.length === 0 && (
              <Empty Icon={Plug} title={t.nothing}>
                {t.nothingHint}
              </Empty>
            )}
            {[...new Set(plugins.map(({ world }) => world))].map((world) => (
              <Section key={world} title={t.worlds[world] ?? world}>
                <ul>
                  {plugins
                    .filter((plugin) => plugin.world === world)
                    .map((plugin) => (
                      <PluginItem key={plugin.id} plugin={plugin} />
                    ))}
                </ul>
              </Section>
            ))}
          </>
        )}
      </Loaded>
    </>
  )
}

function PluginItem({ plugin }: { plugin: Plugin }) {
  const t = useText().plugins
  return (
    <li className="grid gap-x-6 gap-y-1 border-b line py-3 md:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)]">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-3">
          <span className="font-medium">{plugin.name}</span>
          <span className="text-xs quiet">
            {plugin.id} {plugin.version}
          </span>
        </div>
        <p className="quiet">{plugin.description}</p>
        <p className="text-xs quiet">
          {bytes(plugin.size_bytes)} · {plugin.license} · {t.calls(plugin.calls)}
          {plugin.faults > 0 && <span className="text-error"> · {t.faults(plugin.faults)}</span>}
        </p>
      </div>
      <div className="min-w-0">
        {plugin.ready ? (
          <Sign look={{ tone: 'success', Icon: CheckCircle2 }}>{t.ready}</Sign>
        ) : (
          <>
            <Sign look={{ tone: 'quiet', Icon: CircleMinus }}>{t.notConfigured}</Sign>
            {plugin.not_configured && <p className="text-xs quiet">{plugin.not_configured}</p>}
          </>
        )}
        <dl className="mt-0.5 text-xs">
          <Line name={t.reaches} values={plugin.may_reach} none={t.nothingReached} />
          {plugin.secrets.length > 0 && <Line name={t.secrets} values={plugin.secrets} />}
          {plugin.registry_hosts.length > 0 && <Line name={t.hosts} values={plugin.registry_hosts} />}
          {plugin.recognises_by.length > 0 && <Line name={t.recognises} values={plugin.recognises_by} />}
        </dl>
      </div>
    </li>
  )
}

function Line({ name, values, none = '' }: { name: string; values: string[]; none?: string }) {
  return (
    <div className="flex gap-3 py-0.5">
      <dt className="w-28 shrink-0 quiet">{name}</dt>
      <dd className="min-w-0">{values.length > 0 ? <Prose text={values.join(', ')} /> : none}</dd>
    </div>
  )
}
