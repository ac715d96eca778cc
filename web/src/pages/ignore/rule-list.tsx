import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { removeIgnoreRule } from '~/api/actions'
import { ignoreRulesQuery } from '~/api/queries'
import type { IgnoreRule } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { workloadLink } from '~/pages/links'
import { useText } from '~/text'
import { Ago } from '~/ui/basics'
import { Confirm } from '~/ui/dialog'
import { tellDone } from '~/ui/toasts'

/** Rules with what each leaves out, and why it was made. */
export function RuleList({ rules }: { rules: readonly IgnoreRule[] }) {
  const t = useText()
  const [removing, setRemoving] = useState<IgnoreRule | null>(null)
  return (
    <>
      <ul>
        {rules.map((rule) => (
          <li
            key={rule.id}
            className="grid min-h-10 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 border-b line py-1 md:grid-cols-[minmax(0,1.2fr)_minmax(0,1.4fr)_minmax(0,1.4fr)_6rem_2rem]"
          >
            <Link {...workloadLink(rule.workload)} className="truncate rounded font-medium hover:underline">
              {workloadLabel(rule.workload)}
            </Link>
            <span className="min-w-0 max-md:col-start-1">
              {t.ignoreKind[rule.kind]} <code className="code">{rule.matcher}</code>
            </span>
            <span className="min-w-0 quiet max-md:col-start-1">{rule.note}</span>
            <Ago at={rule.created_at} className="text-xs quiet max-md:col-start-1" />
            <button
              type="button"
              aria-label={t.ignore.removeLabel(rule.matcher)}
              title={t.remove}
              className="btn btn-square btn-ghost btn-sm max-md:col-start-2 max-md:row-span-4 max-md:row-start-1"
              onClick={() => setRemoving(rule)}
            >
              <Trash2 aria-hidden className="size-4" />
            </button>
          </li>
        ))}
      </ul>
      {removing && <RemoveDialog rule={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

function RemoveDialog({ rule, onClose }: { rule: IgnoreRule; onClose: () => void }) {
  const t = useText()
  const queries = useQueryClient()
  const removing = useMutation({
    mutationFn: () => removeIgnoreRule(rule.id),
    onSuccess: () => {
      tellDone(t.ignore.removed)
      onClose()
      return queries.invalidateQueries({ queryKey: ignoreRulesQuery.queryKey })
    },
  })
  return (
    <Confirm
      title={t.ignore.removeTitle}
      action={t.remove}
      isPending={removing.isPending}
      error={removing.error}
      onConfirm={() => removing.mutate()}
      onClose={onClose}
    >
      <p>
        {t.ignoreKind[rule.kind]} <code className="code">{rule.matcher}</code>
      </p>
      <p>{t.ignore.removeText}</p>
    </Confirm>
  )
}
