import { describe, expect, test } from 'vitest'
import { bytes, duration, relativeTime, repositoryOf, secondsAfter, shortDigest, workloadLabel } from './format'

const NOW = Date.parse('2026-03-01T12:00:00Z')

test.each([
  ['2026-03-01T11:59:40Z', 'now'],
  ['2026-03-01T11:57:00Z', '3 min ago'],
  ['2026-03-01T09:30:00Z', '2 hr ago'],
  ['2026-02-28T11:00:00Z', 'yesterday'],
  ['2026-03-01T12:05:00Z', 'in 5 min'],
])('%s is %s', (at, words) => {
  expect(relativeTime(at, NOW, 'en')).toBe(words)
})

test('time is told in Chinese, too', () => {
  expect(relativeTime('2026-03-01T11:57:00Z', NOW, 'zh')).toBe('3分钟前')
})

test.each([
  [0, '0 ms'],
  [640.4, '640 ms'],
  [4249, '4.2 s'],
  [42_000, '42 s'],
  [185_000, '3 min 5 s'],
  [180_000, '3 min'],
  [21_600_000, '6 h'],
  [7_440_000, '2 h 4 min'],
  [259_200_000, '3 d'],
])('%d ms is %s', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test.each([
  ['2026-03-01T12:00:00Z', '0.0 s'],
  ['2026-03-01T12:00:04.249Z', '4.2 s'],
  ['2026-03-01T12:03:05Z', '185.0 s'],
  ['2026-03-01T11:59:59Z', '0.0 s'],
])('%s is %s after noon', (at, words) => {
  expect(secondsAfter('2026-03-01T12:00:00Z', at)).toBe(words)
})

test.each([
  [0, '0 B'],
  [17, '17 B'],
  [1536, '1.5 KiB'],
  [104_857_600, '100 MiB'],
  [5_000_000_000, '4.7 GiB'],
])('%d bytes are %s', (count, words) => {
  expect(bytes(count)).toBe(words)
})

describe('names', () => {
  test('a digest is short', () => {
    expect(shortDigest('sha256:0123456789abcdef0123')).toBe('0123456789ab')
  })

  test.each([
    ['postgres:16-alpine', 'postgres'],
    ['docker.io/library/nginx:1.27', 'nginx'],
    ['127.0.0.1:5000/demo/web:1.0.0@sha256:abc', 'demo/web'],
    ['ghcr.io/immich-app/immich-server:v1.2', 'immich-app/immich-server'],
    ['localhost/tool', 'tool'],
    ['linuxserver/sonarr', 'linuxserver/sonarr'],
  ])('%s is kept in %s', (image, repository) => {
    expect(repositoryOf(image)).toBe(repository)
  })

  test('a container has no stack to be named with', () => {
    expect(workloadLabel({ stack: 'shop', name: 'web' })).toBe('shop/web')
    expect(workloadLabel({ stack: null, name: 'vpn' })).toBe('vpn')
  })
})
