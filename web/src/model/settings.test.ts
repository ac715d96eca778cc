import { expect, test } from 'vitest'
import type { OwnSetting, Setting } from '~/api/types'
import { bySource, labelsByKey } from './settings'

const setting = (key: string, more: Partial<OwnSetting> = {}): OwnSetting => ({
  key,
  default: 'none',
  meaning: '',
  ...more,
})

test('what something says comes apart from what holds by itself, each in its order', () => {
  const { set, unset } = bySource([
    setting('watch'),
    setting('min-age', { value: '3d', source: '`[defaults]`' }),
    setting('backup-before', { value: null, source: 'label `dockrev.backup.before`' }),
    setting('policy', { value: null, source: null }),
  ])
  expect(set.map(({ key }) => key)).toEqual(['min-age', 'backup-before'])
  expect(unset.map(({ key }) => key)).toEqual(['watch', 'policy'])
})

test('labels are those of services, not of what has the same key elsewhere', () => {
  const catalog = [
    { key: 'watch', place: 'service', labels: ['dockrev.watch', 'wud.watch'] },
    { key: 'watch', place: 'top', labels: [] },
  ] as unknown as Setting[]
  expect([...labelsByKey(catalog)]).toEqual([['watch', ['dockrev.watch', 'wud.watch']]])
})
