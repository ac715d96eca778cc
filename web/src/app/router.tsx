/** Which page is at which address. Pages are loaded when they are first opened. */
import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { entriesQuery, jobQuery, planQuery, workloadQuery } from '~/api/queries'
import { auditSearch, jobsSearch, overviewSearch, settingsSearch, workloadSearch } from '~/model/search'
import { Crash, NotFound } from './failures'
import { Shell } from './shell'

/** Leaves a query to itself, begun before its page is there. What goes wrong is the page's to tell. */
const begin = (reading: Promise<unknown>) => void reading.catch(() => undefined)

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Shell,
  errorComponent: Crash,
  notFoundComponent: NotFound,
})

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: overviewSearch,
  loader: ({ context }) => begin(context.queries.query(entriesQuery)),
  component: lazyRouteComponent(() => import('~/pages/overview/overview-page'), 'OverviewPage'),
})

const service = createRoute({
  getParentRoute: () => root,
  path: '/stacks/$stack/services/$service',
  validateSearch: workloadSearch,
  loader: ({ context, params }) =>
    begin(context.queries.query(workloadQuery({ stack: params.stack, name: params.service }))),
  component: lazyRouteComponent(() => import('~/pages/workload/workload-page'), 'ServicePage'),
})

const container = createRoute({
  getParentRoute: () => root,
  path: '/containers/$name',
  validateSearch: workloadSearch,
  loader: ({ context, params }) => begin(context.queries.query(workloadQuery({ stack: null, name: params.name }))),
  component: lazyRouteComponent(() => import('~/pages/workload/workload-page'), 'ContainerPage'),
})

const plan = createRoute({
  getParentRoute: () => root,
  path: '/plans/$id',
  loader: ({ context, params }) => begin(context.queries.query(planQuery(params.id))),
  component: lazyRouteComponent(() => import('~/pages/plan/plan-page'), 'PlanPage'),
})

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import('~/pages/jobs/jobs-page'), 'JobsPage'),
})

const job = createRoute({
  getParentRoute: () => root,
  path: '/jobs/$id',
  loader: ({ context, params }) => begin(context.queries.query(jobQuery(params.id))),
  component: lazyRouteComponent(() => import('~/pages/job/job-page'), 'JobPage'),
})

const ignoreRules = createRoute({
  getParentRoute: () => root,
  path: '/ignore-rules',
  component: lazyRouteComponent(() => import('~/pages/ignore/ignore-page'), 'IgnorePage'),
})

const backups = createRoute({
  getParentRoute: () => root,
  path: '/backups',
  component: lazyRouteComponent(() => import('~/pages/backups/backups-page'), 'BackupsPage'),
})

const plugins = createRoute({
  getParentRoute: () => root,
  path: '/plugins',
  component: lazyRouteComponent(() => import('~/pages/plugins-page'), 'PluginsPage'),
})

const registries = createRoute({
  getParentRoute: () => root,
  path: '/registries',
  component: lazyRouteComponent(() => import('~/pages/registries-page'), 'RegistriesPage'),
})

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('~/pages/settings-page'), 'SettingsPage'),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('~/pages/audit/audit-page'), 'AuditPage'),
})

const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  component: lazyRouteComponent(() => import('~/pages/system-page'), 'SystemPage'),
})

const tree = root.addChildren([
  overview,
  service,
  container,
  plan,
  jobs,
  job,
  ignoreRules,
  backups,
  plugins,
  registries,
  settings,
  audit,
  system,
])

export const makeRouter = (queries: QueryClient) =>
  createRouter({ routeTree: tree, context: { queries }, defaultPreload: 'intent', scrollRestoration: true })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
