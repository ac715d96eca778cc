import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { EyeOff } from 'lucide-react'
import { ignoreRulesQuery } from '~/api/queries'
import { useText } from '~/text'
import { Empty, PageHead } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'
import { RuleList } from './rule-list'

export function IgnorePage() {
  const t = useText()
  const query = useQuery(ignoreRulesQuery)
  return (
    <>
      <PageHead title={t.ignore.title} sub={t.ignore.sub} />
      <Loaded query={query}>
        {({ items }) =>
          items.length > 0 ? (
            <RuleList rules={items} />
          ) : (
            <Empty
              Icon={EyeOff}
              title={t.ignore.nothing}
              action={
                <Link to="/" className="btn btn-sm">
                  {t.problem.home}
                </Link>
              }
            >
              {t.ignore.nothingHint}
            </Empty>
          )
        }
      </Loaded>
    </>
  )
}
