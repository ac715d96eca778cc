import type { OwnSetting } from '~/api/types'
import { Way } from '~/pages/setting-list'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'

type ListProps = {
  settings: readonly OwnSetting[]
  /** The labels that set each, by its key. */
  labels: ReadonlyMap<string, readonly string[]>
  label: string
}

/** Settings with what holds, what says so, and what each means. */
export function OwnSettingList({ settings, labels, label }: ListProps) {
  const t = useText().settings
  return (
    <ul aria-label={label}>
      {settings.map((setting) => {
        const { key, source, meaning } = setting
        const ways = labels.get(key) ?? []
        return (
          <li
            key={key}
            className="grid gap-x-6 gap-y-1 border-b line py-2.5 md:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]"
          >
            <div className="min-w-0">
              <code className="code font-semibold">{key}</code>
              {source != null && (
                <div>
                  <Value setting={setting} />
                </div>
              )}
            </div>
            <div className="min-w-0">
              <p className={source == null ? 'quiet' : ''}>
                <Prose text={meaning} />
              </p>
              <dl className="mt-1 text-xs">
                {source != null && (
                  <Way name={t.source}>
                    <Prose text={source} />
                  </Way>
                )}
                <Way name={t.default}>
                  <Prose text={setting.default} />
                </Way>
                {ways.length > 0 && (
                  <Way name={t.label}>
                    <code>{ways.join(', ')}</code>
                  </Way>
                )}
              </dl>
            </div>
          </li>
        )
      })}
    </ul>
  )
}

/** What is written. A command is not shown: it may hold a secret. */
function Value({ setting: { value } }: { setting: OwnSetting }) {
  const t = useText().settings
  return value == null ? <span className="quiet">{t.command}</span> : <code className="code">{value || '""'}</code>
}
