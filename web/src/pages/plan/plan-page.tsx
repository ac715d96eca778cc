import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, Navigate } from '@tanstack/react-router'
import { ClipboardCheck, Play, RotateCw } from 'lucide-react'
import { startPlan } from '~/api/actions'
import { planQuery, systemQuery } from '~/api/queries'
import type { Plan } from '~/api/types'
import { mayStart } from '~/model/access'
import { workloadLabel } from '~/model/format'
import { wantedAgain } from '~/model/plan'
import { useText } from '~/text'
import { Ago, Spinner } from '~/ui/basics'
import { Empty, PageHead, ProblemNote, Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { ChangeCard } from './change-card'
import { LeftAsItIs } from './left-as-it-is'
import { usePlanning } from './planning'
import { RunProgress } from './run-progress'

const route = getRouteApi('/plans/$id')

export function PlanPage() {
  const { id } = route.useParams()
  const query = useQuery(planQuery(id))
  return <Loaded query={query}>{(plan) => <Shown key={plan.id} plan={plan} />}</Loaded>
}

function Shown({ plan }: { plan: Plan }) {
  const t = useText()
  const queries = useQueryClient()
  const planAgain = usePlanning()
  const { data: system } = useQuery(systemQuery)
  const starting = useMutation({
    mutationFn: () => startPlan(plan.id),
    onSuccess: ({ run }) => queries.setQueryData(planQuery(plan.id).queryKey, { ...plan, run }),
  })
  const [only] = plan.changes
  // Who starts one update wants to watch that one.
  const job = plan.run?.items.length === 1 ? plan.run.items[0]?.job : undefined
  if (starting.isSuccess && job) return <Navigate to="/jobs/$id" params={{ id: job }} />
  const isAllowed = !system || mayStart(system.caller.scope)
  const again = wantedAgain(plan)
  return (
    <>
      <PageHead
        above={<Link to="/">{t.nav.overview}</Link>}
        title={plan.changes.length === 1 && only ? `${t.plan.title}: ${workloadLabel(only.workload)}` : t.plan.title}
        sub={
          <>
            {t.plan.sub(plan.changes.length)} · {t.plan.made} <Ago at={plan.created_at} /> {t.plan.by} {plan.created_by}
          </>
        }
        actions={
          <>
            {!plan.run && plan.changes.length > 0 && (
              <button
                type="button"
                className="btn btn-primary btn-sm"
                disabled={!isAllowed || starting.isPending || starting.isSuccess}
                onClick={() => starting.mutate()}
              >
                {starting.isPending ? <Spinner /> : <Play aria-hidden className="size-4" />}
                {t.plan.start(plan.changes.length)}
              </button>
            )}
            {again && (
              <button type="button" className="btn btn-sm" onClick={() => planAgain(again)}>
                <RotateCw aria-hidden className="size-4" />
                {t.plan.again}
              </button>
            )}
          </>
        }
      />
      {starting.error && (
        <div className="mb-5">
          <ProblemNote error={starting.error} />
        </div>
      )}
      {plan.run ? (
        <RunProgress plan={plan} run={plan.run} />
      ) : (
        plan.changes.length > 0 && (
          <p className="mb-6 flex gap-2 quiet">
            <ClipboardCheck aria-hidden className="mt-0.5 size-4 shrink-0" />
            <span className="max-w-prose">
              {t.plan.dryRun} {!isAllowed && t.plan.scopeHint(t.scope[system.caller.scope])}
            </span>
          </p>
        )
      )}
      {plan.changes.length === 0 && (
        <Empty Icon={ClipboardCheck} title={t.plan.none}>
          {t.plan.noneHint}
        </Empty>
      )}
      {plan.changes.map((change) => (
        <ChangeCard key={workloadLabel(change.workload)} change={change} isOpen={!plan.run} />
      ))}
      <LeftSection plan={plan} />
    </>
  )
}

function LeftSection({ plan }: { plan: Plan }) {
  const t = useText()
  const isChanged = new Set(plan.changes.map(({ workload }) => workloadLabel(workload)))
  const left = plan.entries.filter((entry) => entry.status !== 'update' && !isChanged.has(workloadLabel(entry)))
  if (left.length === 0) return null
  return (
    <Section title={t.plan.left} actions={<span className="text-xs quiet">{t.plan.leftCount(left.length)}</span>}>
      <LeftAsItIs entries={left} />
    </Section>
  )
}
