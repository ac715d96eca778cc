/** Numbers, times and names as people read them. Pure: the time and the language are given. */
export type Language = 'en' | 'zh'

const LOCALE: Record<Language, string> = { en: 'en-GB', zh: 'zh-CN' }
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** `3 minutes ago`. Below a minute it is now: seconds that count would only unsettle. */
export function relativeTime(at: string, nowMs: number, language: Language): string {
  const seconds = (Date.parse(at) - nowMs) / 1000
  const format = new Intl.RelativeTimeFormat(LOCALE[language], { numeric: 'auto', style: 'short' })
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit)
  }
  return format.format(0, 'second')
}

export function absoluteTime(at: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at))
}

export function clockTime(at: string): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Seconds from the one to the other: `4.2 s`, `185.0 s`. All alike, to stand below each other. */
export function secondsAfter(from: string, at: string): string {
  return `${(Math.max(0, Date.parse(at) - Date.parse(from)) / 1000).toFixed(1)} s`
}

/** `640 ms`, `4.2 s`, `3 min 5 s`, `2 h 4 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'min', Math.round(seconds % 60), 's')
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? pair(hours, 'h', minutes % 60, 'min') : pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function pair(most: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${most} ${unit}` : `${most} ${unit} ${rest} ${restUnit}`
}

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function bytes(count: number): string {
  let value = count
  let step = 0
  while (value >= 1024 && step < SIZES.length - 1) {
    value /= 1024
    step += 1
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[step] ?? ''}`
}

/** The first 12 digits of a digest: enough to tell two apart by eye. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}

/** An image without its registry, tag and digest, which are shown apart: `demo/web`. */
export function repositoryOf(image: string): string {
  const bare = image.split('@')[0] ?? image
  const slash = bare.indexOf('/')
  const first = bare.slice(0, slash)
  const path = slash > 0 && /[.:]|^localhost$/.test(first) ? bare.slice(slash + 1) : bare
  return path.replace(/:[^:/]*$/, '').replace(/^library\//, '')
}

export function workloadLabel({ stack, name }: { stack?: string | null; name: string }): string {
  return stack ? `${stack}/${name}` : name
}
