import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { recentJobsQuery } from '~/api/queries'
import { isGoingOn } from '~/model/overview'
import { useText } from '~/text'
import { PAGES } from './pages'

export function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2.5 rounded text-[0.9375rem] font-semibold tracking-tight">
      <img src="/icon.svg" alt="" width={22} height={22} />
      Dockrev
    </Link>
  )
}

/** The menu at the side of a wide window. */
export function SideNav() {
  return (
    <div className="sticky top-0 hidden h-screen flex-col overflow-y-auto border-r line bg-base-200 px-3 py-3 lg:flex">
      <div className="mb-5 flex h-8 items-center px-2">
        <Brand />
      </div>
      <NavLinks />
    </div>
  )
}

export function NavLinks({ onFollow }: { onFollow?: () => void }) {
  const t = useText()
  const { data } = useQuery(recentJobsQuery)
  const running = data?.items.filter(isGoingOn).length ?? 0
  return (
    <nav aria-label={t.nav.label}>
      <ul>
        {PAGES.map(({ name, to, Icon }, index) => (
          <li key={name} className={index === 4 ? 'mt-5' : ''}>
            <Link
              to={to}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              {...(onFollow ? { onClick: onFollow } : {})}
              className="flex h-9 items-center gap-2.5 rounded px-2.5 hover:bg-base-300/60 lg:h-8"
              activeProps={{ className: 'bg-base-300/80 font-medium' }}
              inactiveProps={{ className: 'quiet' }}
            >
              <Icon aria-hidden className="size-4 shrink-0" />
              <span className="flex-1">{t.nav[name]}</span>
              {name === 'jobs' && running > 0 && (
                <span
                  aria-label={t.top.running(running)}
                  className="rounded-full bg-primary px-1.5 text-2xs text-primary-content"
                >
                  {running}
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
