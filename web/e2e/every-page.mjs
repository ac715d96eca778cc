// Every page there is, with something on it.
import { ask, STACK } from './browser.mjs'

export async function everyPage() {
  const jobs = (await ask('jobs?limit=200')).items
  const done = jobs.find(({ state }) => state === 'updated')
  const back = jobs.find(({ state }) => state === 'rolled-back')
  const plan = await ask('plans', { what: { stack: STACK } })
  return [
    { name: 'overview', path: '/' },
    { name: 'service', path: `/stacks/${STACK}/services/quiet` },
    { name: 'service-history', path: `/stacks/${STACK}/services/web?tab=history` },
    { name: 'service-log', path: `/stacks/${STACK}/services/web?tab=log` },
    { name: 'service-settings', path: `/stacks/${STACK}/services/worker?tab=settings` },
    { name: 'container', path: `/containers/${STACK}-alone` },
    { name: 'plan', path: `/plans/${plan.id}` },
    { name: 'jobs', path: '/jobs' },
    ...(done ? [{ name: 'job-updated', path: `/jobs/${done.id}` }] : []),
    ...(back ? [{ name: 'job-rolled-back', path: `/jobs/${back.id}` }] : []),
    { name: 'ignore-rules', path: '/ignore-rules' },
    { name: 'backups', path: '/backups' },
    { name: 'plugins', path: '/plugins' },
    { name: 'registries', path: '/registries' },
    { name: 'settings', path: '/settings' },
    { name: 'audit', path: '/audit' },
    { name: 'system', path: '/system' },
    { name: 'nowhere', path: '/nowhere' },
  ]
}
