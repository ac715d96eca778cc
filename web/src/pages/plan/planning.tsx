/** Has a plan made from wherever somebody wants one, and goes to it. Meanwhile it says what happens, and can be left. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { createContext, use, useRef, type ReactNode } from 'react'
import { makePlan } from '~/api/actions'
import { planQuery } from '~/api/queries'
import type { NewPlan } from '~/api/types'
import { useText } from '~/text'
import { Spinner } from '~/ui/basics'
import { Dialog } from '~/ui/dialog'
import { ProblemNote } from '~/ui/layout'

const PlanningContext = createContext<(wanted: NewPlan) => void>(() => undefined)

/** Returns what has a plan made. */
export const usePlanning = () => use(PlanningContext)

export function PlanningProvider({ children }: { children: ReactNode }) {
  const t = useText().planning
  const queries = useQueryClient()
  const navigate = useNavigate()
  const abort = useRef<AbortController>(undefined)
  const planning = useMutation({
    mutationFn: (wanted: NewPlan) => {
      abort.current = new AbortController()
      return makePlan(wanted, abort.current.signal)
    },
    onSuccess: (plan) => {
      queries.setQueryData(planQuery(plan.id).queryKey, plan)
      return navigate({ to: '/plans/$id', params: { id: plan.id } })
    },
  })
  const leave = () => {
    abort.current?.abort()
    planning.reset()
  }
  return (
    <PlanningContext value={planning.mutate}>
      {children}
      {(planning.isPending || planning.isError) && (
        <Dialog title={t.title} onClose={leave}>
          {planning.isError ? (
            <ProblemNote error={planning.error} retry={() => planning.mutate(planning.variables)} />
          ) : (
            <p className="flex items-start gap-3">
              <Spinner className="mt-0.5 size-4 shrink-0 text-primary" />
              {t.text}
            </p>
          )}
        </Dialog>
      )}
    </PlanningContext>
  )
}
