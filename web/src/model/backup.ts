/** A backup's name says when it was made: `STACK/YYYYMMDD-HHMMSSZ.tar.zst`. */
export function madeAt(name: string): string | undefined {
  const match = /\/(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)Z/.exec(name)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  return `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`
}
