import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { addIgnoreRule } from '~/api/actions'
import { ignorePreviewQuery, ignoreRulesQuery } from '~/api/queries'
import type { IgnoreKind, NewIgnoreRule, Workload } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { useText } from '~/text'
import { Spinner } from '~/ui/basics'
import { Dialog } from '~/ui/dialog'
import { ProblemNote } from '~/ui/layout'
import { tellDone } from '~/ui/toasts'

const KINDS = ['exact', 'prefix', 'regex', 'range'] as const satisfies readonly IgnoreKind[]

type IgnoreProps = { of: Workload; tag: string; onClose: () => void }

/** Asks which tags are not to be told about, and shows what that would hide before it is done. */
export function IgnoreDialog({ of, tag, onClose }: IgnoreProps) {
  const t = useText()
  const queries = useQueryClient()
  const [kind, setKind] = useState<IgnoreKind>('exact')
  const [matcher, setMatcher] = useState(tag)
  const [note, setNote] = useState('')
  const rule: NewIgnoreRule = { workload: of, kind, matcher: matcher.trim(), note: note.trim() || null }
  const adding = useMutation({
    mutationFn: () => addIgnoreRule(rule),
    onSuccess: () => {
      tellDone(t.ignore.added)
      onClose()
      return queries.invalidateQueries({ queryKey: ignoreRulesQuery.queryKey })
    },
  })
  return (
    <Dialog title={t.ignore.dialog(workloadLabel(of))} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          adding.mutate()
        }}
      >
        <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-2">
          <select
            aria-label={t.ignore.kind}
            className="select w-auto select-sm"
            value={kind}
            onChange={(event) => setKind(event.target.value as IgnoreKind)}
          >
            {KINDS.map((name) => (
              <option key={name} value={name}>
                {t.ignore.kind} {t.ignore.kinds[name]}
              </option>
            ))}
          </select>
          <input
            autoFocus
            required
            aria-label={t.ignore.matcher}
            placeholder={t.ignore.examples[kind]}
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            className="input w-full font-mono input-sm"
            value={matcher}
            onChange={(event) => setMatcher(event.target.value)}
          />
        </div>
        <input
          aria-label={t.ignore.note}
          placeholder={`${t.ignore.note}: ${t.ignore.noteHint}`}
          className="input w-full input-sm"
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Preview rule={{ workload: of, kind, matcher: rule.matcher }} />
        {adding.error && <ProblemNote error={adding.error} />}
        <div className="flex justify-end gap-2 pt-1">
          <button type="button" className="btn btn-ghost btn-sm" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="btn btn-primary btn-sm" disabled={adding.isPending || rule.matcher === ''}>
            {adding.isPending && <Spinner />}
            {t.ignore.add}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** What the rule would hide of the tags of the last check, while it is typed. Its place is there from the beginning. */
function Preview({ rule }: { rule: NewIgnoreRule }) {
  const t = useText().ignore
  const asked = useDeferredValue(rule)
  const isAsked = asked.matcher !== ''
  const { data, error } = useQuery({
    ...ignorePreviewQuery(asked),
    enabled: isAsked,
    placeholderData: keepPreviousData,
  })
  return (
    <div aria-live="polite" className="min-h-28 rounded-box bg-base-200 px-3 py-2.5">
      <div className="mb-1.5 flex justify-between gap-3">
        <h3 className="font-medium">{t.preview}</h3>
        {isAsked && data && !error && (
          <span className="text-xs quiet">
            {t.hides(data.hidden.length)}, {t.leaves(data.left.length)}
          </span>
        )}
      </div>
      {!isAsked ? (
        <p className="quiet">{t.previewWait}</p>
      ) : error ? (
        <ProblemNote error={error} />
      ) : data?.hidden.length === 0 ? (
        <p className="quiet">{t.previewEmpty}</p>
      ) : (
        <ul aria-label={t.preview} className="flex max-h-40 flex-wrap gap-1.5 overflow-y-auto">
          {data?.hidden.map((tag) => (
            <li key={tag}>
              <code className="rounded bg-base-300 px-1.5 py-0.5 text-xs line-through decoration-base-content/50">
                {tag}
              </code>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
