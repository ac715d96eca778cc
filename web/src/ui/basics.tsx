/** The small parts that every page is made of. */
import { Check, Copy } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { absoluteTime, relativeTime, shortDigest } from '~/model/format'
import { toneText, type Look, type Tone } from '~/model/status'
import { useLanguage, useText } from '~/text'
import { useNow } from './clock'

/** A sign and its word. */
export function Sign({ look, children, className = '' }: { look: Look; children: ReactNode; className?: string }) {
  const { Icon, tone } = look
  const spins = Icon.displayName === 'Loader' ? 'animate-spin [animation-duration:2.5s]' : ''
  return (
    <span className={`inline-flex min-w-0 items-center gap-1.5 ${toneText[tone]} ${className}`}>
      <Icon aria-hidden className={`size-4 shrink-0 ${spins}`} />
      <span className="truncate">{children}</span>
    </span>
  )
}

/** A word in a frame, such as a level. */
export function Tag({ tone = 'quiet', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-block shrink-0 rounded border border-current/35 px-1.5 text-2xs leading-4.5 font-medium whitespace-nowrap ${toneText[tone]}`}
    >
      {children}
    </span>
  )
}

/** How long ago, with the time itself where the pointer rests. */
export function Ago({ at, className = '' }: { at: string; className?: string }) {
  const language = useLanguage()
  const now = useNow()
  return (
    <time dateTime={at} title={absoluteTime(at, language)} className={`whitespace-nowrap ${className}`}>
      {relativeTime(at, now, language)}
    </time>
  )
}

/** Copies a text when it is pressed, and says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const t = useText()
  const [isCopied, setCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={isCopied ? t.copied : t.copy(what)}
      title={isCopied ? t.copied : t.copy(what)}
      className="grid size-6 shrink-0 cursor-pointer place-items-center rounded quiet hover:bg-base-300 hover:text-base-content"
    >
      {isCopied ? <Check aria-hidden className="size-3.5" /> : <Copy aria-hidden className="size-3.5" />}
    </button>
  )
}

/** A digest, short, and whole in the clipboard. */
export function Digest({ digest }: { digest: string }) {
  return (
    <span className="inline-flex items-center gap-0.5">
      <code className="text-xs quiet" title={digest}>
        {shortDigest(digest)}
      </code>
      <CopyButton text={digest} what={digest} />
    </span>
  )
}

export function Spinner({ className = 'size-4' }: { className?: string }) {
  return <span aria-hidden className={`loading loading-spinner ${className}`} />
}

/** Text of the server, in which `code` is set as such. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="rounded bg-base-200 px-1 text-[0.92em]">
        {part}
      </code>
    ) : (
      part
    ),
  )
}
