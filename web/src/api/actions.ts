/** What can be done, as functions that return the answer or throw a `ProblemError`. */
import { client, content, once } from './client'
import type { ContainerWish, NewIgnoreRule, NewPlan, NewRestore, What, Workload } from './types'

export const beginCheck = (what: What = {}) => content(client.POST('/api/v1/checks', { body: what, headers: once() }))

export const makePlan = (plan: NewPlan, signal?: AbortSignal) =>
  content(client.POST('/api/v1/plans', { body: plan, ...(signal ? { signal } : {}) }))

export const startPlan = (plan: string) => content(client.POST('/api/v1/jobs', { body: { plan }, headers: once() }))

export const cancelJob = (id: string) =>
  content(client.POST('/api/v1/jobs/{id}/cancel', { params: { path: { id } }, headers: once() }))

export const rollBackJob = (id: string, restoreData: boolean) =>
  content(
    client.POST('/api/v1/jobs/{id}/rollback', {
      params: { path: { id } },
      body: { restore_data: restoreData },
      headers: once(),
    }),
  )

export const addIgnoreRule = (rule: NewIgnoreRule) =>
  content(client.POST('/api/v1/ignore-rules', { body: rule, headers: once() }))

export const removeIgnoreRule = (id: number) =>
  content(client.DELETE('/api/v1/ignore-rules/{id}', { params: { path: { id } }, headers: once() }))

/** Starts, stops or restarts a service, a container, or (without a name) a whole stack. */
export function orderContainers(of: Workload | { stack: string; name: null }, wish: ContainerWish) {
  const more = { body: { wish }, headers: once() }
  if (of.name === null) {
    return content(client.POST('/api/v1/stacks/{stack}/order', { params: { path: { stack: of.stack } }, ...more }))
  }
  return of.stack
    ? content(
        client.POST('/api/v1/stacks/{stack}/services/{service}/order', {
          params: { path: { stack: of.stack, service: of.name } },
          ...more,
        }),
      )
    : content(client.POST('/api/v1/containers/{name}/order', { params: { path: { name: of.name } }, ...more }))
}

const backupPath = (name: string) => {
  const at = name.lastIndexOf('/')
  return { stack: name.slice(0, at), file: name.slice(at + 1) }
}

export const verifyBackup = (name: string) =>
  content(client.POST('/api/v1/backups/{stack}/{file}/verify', { params: { path: backupPath(name) }, headers: once() }))

export const restoreBackup = (name: string, wish: NewRestore) =>
  content(
    client.POST('/api/v1/backups/{stack}/{file}/restore', {
      params: { path: backupPath(name) },
      body: wish,
      headers: once(),
    }),
  )
