import { useMutation } from '@tanstack/react-query'
import { ChevronRight, EllipsisVertical, Play, RotateCw, Square } from 'lucide-react'
import { memo, useState } from 'react'
import { orderContainers } from '~/api/actions'
import type { ContainerWish, StackSummary } from '~/api/types'
import { closedGroups } from '~/app/preferences'
import { canBeTaken, entryKey, type Group } from '~/model/overview'
import { useText } from '~/text'
import { Confirm } from '~/ui/dialog'
import { Menu } from '~/ui/menu'
import { tellDone, tellFailed } from '~/ui/toasts'
import { SelectAll } from './select-all'

type GroupProps = {
  group: Group
  isOpen: boolean
  summary: StackSummary | undefined
  selectable: ReadonlySet<string>
  chosen: ReadonlySet<string>
  onChoose: (keys: readonly string[], isOn: boolean) => void
}

/** The head of a stack: opens and closes it, and says how it is. */
export const GroupRow = memo(function GroupRow(props: GroupProps) {
  const { group, isOpen, summary, selectable, chosen, onChoose } = props
  const t = useText()
  const name = group.stack ?? t.standalone
  const keys = group.entries.map(entryKey).filter((key) => selectable.has(key))
  const updates = group.entries.filter(canBeTaken).length
  const toggle = () => {
    const closed = new Set(closedGroups.get())
    if (closed.has(group.key)) closed.delete(group.key)
    else closed.add(group.key)
    closedGroups.set(closed)
  }
  return (
    <div role="cell" className="flex h-13 items-end gap-2 border-b line pb-1.5">
      <span className="grid h-8 w-6 shrink-0 place-items-center md:w-7 md:justify-start md:pl-0.5">
        <SelectAll keys={keys} chosen={chosen} onChoose={onChoose} label={t.overview.select(name)} />
      </span>
      <button
        type="button"
        aria-expanded={isOpen}
        title={t.overview.toggle(name)}
        onClick={toggle}
        className="-ml-1 flex h-8 min-w-0 cursor-pointer items-center gap-1.5 rounded pr-2 pl-1 font-semibold hover:bg-base-200"
      >
        <ChevronRight
          aria-hidden
          className={`size-4 shrink-0 transition-transform duration-100 ${isOpen ? 'rotate-90' : ''}`}
        />
        <span className="truncate">{name}</span>
      </button>
      <span className="flex h-8 min-w-0 flex-1 items-center gap-2 text-xs quiet">
        {updates > 0 && <span className="whitespace-nowrap text-primary">{t.overview.updates(updates)}</span>}
        {summary && (
          <span className={`truncate ${summary.running < summary.services ? 'text-warning' : ''}`}>
            {t.overview.running(summary.running, summary.services)}
          </span>
        )}
      </span>
      {group.stack && <StackMenu stack={group.stack} />}
    </div>
  )
})

const WISHES = [
  { wish: 'start', Icon: Play },
  { wish: 'restart', Icon: RotateCw },
  { wish: 'stop', Icon: Square },
] as const satisfies readonly { wish: ContainerWish; Icon: unknown }[]

function StackMenu({ stack }: { stack: string }) {
  const t = useText()
  const [asked, setAsked] = useState<'stop' | 'restart' | null>(null)
  const ordering = useMutation({
    mutationFn: (wish: ContainerWish) => orderContainers({ stack, name: null }, wish),
    onSuccess: ({ containers }, wish) => tellDone(t.orders.done[wish](containers.join(', ') || t.orders.noContainers)),
    onError: tellFailed,
    onSettled: () => setAsked(null),
  })
  return (
    <>
      <Menu
        label={t.orders.label(stack)}
        button={<EllipsisVertical aria-hidden className="size-4" />}
        items={WISHES.map(({ wish, Icon }) => ({
          label: t.orders[wish],
          icon: <Icon aria-hidden className="size-4" />,
          disabled: ordering.isPending,
          onSelect: () => (wish === 'start' ? ordering.mutate(wish) : setAsked(wish)),
        }))}
      />
      {asked && (
        <Confirm
          title={asked === 'stop' ? t.orders.confirmStop(stack) : t.orders.confirmRestart(stack)}
          action={t.orders[asked]}
          isDangerous={asked === 'stop'}
          isPending={ordering.isPending}
          error={null}
          onConfirm={() => ordering.mutate(asked)}
          onClose={() => setAsked(null)}
        >
          <p>{asked === 'stop' ? t.orders.confirmStopText : t.orders.confirmRestartText}</p>
        </Confirm>
      )}
    </>
  )
}
