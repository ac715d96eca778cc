import { useQuery } from '@tanstack/react-query'
import { ignoreRulesQuery } from '~/api/queries'
import type { Workload } from '~/api/types'
import { entryKey } from '~/model/overview'
import { RuleList } from '~/pages/ignore/rule-list'
import { useText } from '~/text'
import { Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'

/** The ignore rules of one service or container. */
export function WorkloadRules({ of }: { of: Workload }) {
  const t = useText().workload
  const query = useQuery(ignoreRulesQuery)
  return (
    <Section title={t.rules}>
      <Loaded query={query} rows={1}>
        {({ items }) => {
          const rules = items.filter(({ workload }) => entryKey(workload) === entryKey(of))
          return rules.length > 0 ? <RuleList rules={rules} /> : <p className="quiet">{t.noRules}</p>
        }}
      </Loaded>
    </Section>
  )
}
