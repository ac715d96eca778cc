/** From what to what: a tag and a digest on each side. */
import { ArrowRight } from 'lucide-react'
import type { Change } from '~/api/types'
import { shortDigest } from '~/model/format'
import { useText } from '~/text'
import { Digest, Tag } from './basics'

/** In one line, for lists. */
export function ChangeLine({ change }: { change: Change }) {
  const t = useText()
  const isSameTag = change.from.tag === change.to.tag
  const from = change.from.digest ?? change.from.image_id
  return (
    <span className="flex min-w-0 items-baseline gap-1.5">
      <span className="truncate">{change.from.tag}</span>
      {isSameTag && <ShortDigest digest={from} />}
      <ArrowRight role="img" aria-label={t.overview.toTag} className="size-3.5 shrink-0 self-center quiet" />
      {isSameTag ? (
        <ShortDigest digest={change.to.digest} />
      ) : (
        <span className="truncate font-medium">{change.to.tag}</span>
      )}
    </span>
  )
}

function ShortDigest({ digest }: { digest: string }) {
  return <code className="text-2xs whitespace-nowrap quiet">{shortDigest(digest).slice(0, 7)}</code>
}

/** Both sides with their digests, and how much changes. */
export function ChangeSides({ change }: { change: Change }) {
  const t = useText()
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Side tag={change.from.tag} digest={change.from.digest ?? change.from.image_id} />
      <ArrowRight role="img" aria-label={t.overview.toTag} className="size-4 shrink-0 quiet" />
      <Side tag={change.to.tag} digest={change.to.digest} isNew />
      <Tag tone={change.level === 'major' ? 'warning' : 'quiet'}>{t.level[change.level]}</Tag>
    </div>
  )
}

function Side({ tag, digest, isNew = false }: { tag: string; digest: string; isNew?: boolean }) {
  return (
    <span className="inline-flex min-w-0 items-center gap-2">
      <span className={`truncate ${isNew ? 'font-semibold' : ''}`}>{tag}</span>
      <Digest digest={digest} />
    </span>
  )
}
