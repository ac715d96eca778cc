/** What one service or container goes by. */
import type { OwnSetting, Setting } from '~/api/types'

/** What something says, and what holds by itself. What is a command is said and not shown. */
export function bySource(settings: readonly OwnSetting[]): { set: OwnSetting[]; unset: OwnSetting[] } {
  const isSet = ({ source }: OwnSetting) => source != null
  return { set: settings.filter(isSet), unset: settings.filter((setting) => !isSet(setting)) }
}

/** The labels that set each setting of a service, by its key. */
export function labelsByKey(catalog: readonly Setting[]): ReadonlyMap<string, readonly string[]> {
  return new Map(catalog.filter(({ place }) => place === 'service').map(({ key, labels }) => [key, labels]))
}
