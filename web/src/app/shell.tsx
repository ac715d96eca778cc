/** What is around every page: the menu, the bar, the live connection, and what can be called from everywhere. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { ProblemError } from '~/api/client'
import { listen } from '~/api/events'
import { systemQuery } from '~/api/queries'
import { PlanningProvider } from '~/pages/plan/planning'
import { useText } from '~/text'
import { Warnings } from '~/ui/layout'
import { Toasts } from '~/ui/toasts'
import { SignIn } from './failures'
import { SideNav } from './nav'
import { useShortcuts } from './shortcuts'
import { TopBar } from './top-bar'

const Palette = lazy(() => import('./palette').then(({ Palette }) => ({ default: Palette })))
const KeysHelp = lazy(() => import('./keys-help').then(({ KeysHelp }) => ({ default: KeysHelp })))

export type Overlay = 'palette' | 'keys' | null

export function Shell() {
  const system = useQuery(systemQuery)
  const isUnknown = system.error instanceof ProblemError && system.error.status === 401
  return isUnknown ? <SignIn /> : <Inside />
}

function Inside() {
  const t = useText()
  const queries = useQueryClient()
  const [overlay, setOverlay] = useState<Overlay>(null)
  const { data: system } = useQuery(systemQuery)
  useEffect(() => listen(queries), [queries])
  useShortcuts(setOverlay)
  const close = () => setOverlay(null)
  return (
    <PlanningProvider>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded bg-primary px-3 py-2 text-primary-content focus:translate-y-0"
      >
        {t.skip}
      </a>
      <div className="lg:grid lg:min-h-screen lg:grid-cols-[13rem_minmax(0,1fr)]">
        <SideNav />
        <div className="min-w-0">
          <TopBar onOpen={setOverlay} />
          <Content>
            {system?.is_stopping && (
              <div className="mb-4">
                <Warnings warnings={[t.top.stopping]} />
              </div>
            )}
            <Outlet />
          </Content>
        </div>
      </div>
      <Toasts />
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette onClose={close} onOpen={setOverlay} />}
        {overlay === 'keys' && <KeysHelp onClose={close} />}
      </Suspense>
    </PlanningProvider>
  )
}

/** The page itself. Whoever goes to another one by keyboard or reader begins at its top. */
function Content({ children }: { children: React.ReactNode }) {
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const last = useRef(path)
  useEffect(() => {
    if (last.current !== path) main.current?.focus({ preventScroll: true })
    last.current = path
  }, [path])
  return (
    <main
      ref={main}
      id="content"
      tabIndex={-1}
      className="mx-auto max-w-6xl px-4 pt-4 pb-24 outline-none sm:px-6 lg:px-8 lg:pt-6"
    >
      {children}
    </main>
  )
}
