import type { Setting } from '~/api/types'
import { useText } from '~/text'
import { Prose } from '~/ui/basics'

/** Settings with what each means, what holds without it, and the ways to set it. */
export function SettingList({ settings }: { settings: readonly Setting[] }) {
  const t = useText().settings
  return (
    <ul>
      {settings.map((setting) => (
        <li
          key={`${setting.place}.${setting.key}.${setting.environment ?? ''}`}
          className="grid gap-x-6 gap-y-1 border-b line py-2.5 md:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]"
        >
          <div className="min-w-0">
            <code className="code font-semibold">{setting.key || setting.environment}</code>
            <div className="text-xs quiet">{t.places[setting.place]}</div>
          </div>
          <div className="min-w-0">
            <p>
              <Prose text={setting.meaning} />
            </p>
            <dl className="mt-1 text-xs">
              <Way name={t.default}>
                <Prose text={setting.default} />
              </Way>
              {setting.environment && setting.key && (
                <Way name={t.environment}>
                  <code>{setting.environment}</code>
                </Way>
              )}
              {setting.labels.length > 0 && (
                <Way name={t.label}>
                  <code>{setting.labels.join(', ')}</code>
                </Way>
              )}
            </dl>
          </div>
        </li>
      ))}
    </ul>
  )
}

/** A way to set it, or what holds. */
export function Way({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="flex gap-3">
      <dt className="w-24 shrink-0 quiet">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}
