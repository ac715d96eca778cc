/** Other services that are run or made anew along with one, as facts about it. */
import { Link } from '@tanstack/react-router'
import type { Change } from '~/api/types'
import type { Messages } from '~/text/en'
import type { Fact } from '~/ui/facts'
import { workloadLink } from './links'

type Companions = Pick<Change, 'one_shots' | 'followers'>

/** Those that run to their end before it, and those that are made anew after it, in that order; if there are any. */
export function companionFacts(
  t: Messages,
  stack: string | null | undefined,
  { one_shots = [], followers = [] }: Companions,
): (Fact | false)[] {
  return [
    one_shots.length > 0 && { name: t.workload.oneShots, value: <span>{one_shots.join(', ')}</span> },
    followers.length > 0 && {
      name: t.workload.followers,
      value: followers.map((name) => (
        <Link key={name} {...workloadLink({ stack: stack ?? null, name })} className="link">
          {name}
        </Link>
      )),
    },
  ]
}
