import { useMutation, useQueryClient } from '@tanstack/react-query'
import { EllipsisVertical, ListChecks, Play, RefreshCw, RotateCw, Square } from 'lucide-react'
import { useState } from 'react'
import { beginCheck, orderContainers } from '~/api/actions'
import { workloadQuery } from '~/api/queries'
import type { ContainerWish, Workload, WorkloadDetail } from '~/api/types'
import { workloadLabel } from '~/model/format'
import { insistingOn, wantedFor, whatOf } from '~/model/plan'
import { usePlanning } from '~/pages/plan/planning'
import { useText } from '~/text'
import { Confirm } from '~/ui/dialog'
import { Menu } from '~/ui/menu'
import { tellDone, tellFailed } from '~/ui/toasts'

/** What can be done with a service: have it checked, have an update planned, start and stop it. */
export function WorkloadActions({ of, detail }: { of: Workload; detail: WorkloadDetail }) {
  const t = useText()
  const plan = usePlanning()
  const [asked, setAsked] = useState<'stop' | 'restart' | null>(null)
  const checking = useMutation({
    mutationFn: () => beginCheck(whatOf(of)),
    onSuccess: () => tellDone(t.workload.checkBegun),
    onError: tellFailed,
  })
  const ordering = useOrdering(of)
  const { entry } = detail
  const isRunning = detail.containers.some(({ run }) => run === 'running' || run === 'paused')
  const order = (wish: 'stop' | 'restart') => ordering.mutate(wish, { onSettled: () => setAsked(null) })
  return (
    <>
      {entry?.candidate && (
        <button
          type="button"
          className={`btn btn-sm ${entry.status === 'update' ? 'btn-primary' : ''}`}
          onClick={() => plan(entry.status === 'update' ? wantedFor([of]) : insistingOn(entry))}
        >
          <ListChecks aria-hidden className="size-4" />
          {entry.status === 'update' ? t.workload.plan : t.workload.planAnyway}
        </button>
      )}
      <button type="button" className="btn btn-sm" disabled={checking.isPending} onClick={() => checking.mutate()}>
        <RefreshCw aria-hidden className="size-4" />
        {t.workload.check}
      </button>
      <Menu
        label={t.orders.label(of.name)}
        button={<EllipsisVertical aria-hidden className="size-4" />}
        className="btn-square"
        items={[
          {
            label: t.orders.start,
            icon: <Play aria-hidden className="size-4" />,
            disabled: isRunning || ordering.isPending,
            onSelect: () => ordering.mutate('start'),
          },
          {
            label: t.orders.restart,
            icon: <RotateCw aria-hidden className="size-4" />,
            disabled: ordering.isPending,
            onSelect: () => setAsked('restart'),
          },
          {
            label: t.orders.stop,
            icon: <Square aria-hidden className="size-4" />,
            disabled: !isRunning || ordering.isPending,
            onSelect: () => setAsked('stop'),
          },
        ]}
      />
      {asked && (
        <Confirm
          title={(asked === 'stop' ? t.orders.confirmStop : t.orders.confirmRestart)(workloadLabel(of))}
          action={t.orders[asked]}
          isDangerous={asked === 'stop'}
          isPending={ordering.isPending}
          error={null}
          onConfirm={() => order(asked)}
          onClose={() => setAsked(null)}
        >
          <p>{asked === 'stop' ? t.orders.confirmStopText : t.orders.confirmRestartText}</p>
        </Confirm>
      )}
    </>
  )
}

function useOrdering(of: Workload) {
  const t = useText().orders
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (wish: ContainerWish) => orderContainers(of, wish),
    onSuccess: ({ containers }, wish) => tellDone(t.done[wish](containers.join(', ') || t.noContainers)),
    onError: tellFailed,
    onSettled: () => queries.invalidateQueries({ queryKey: workloadQuery(of).queryKey }),
  })
}
