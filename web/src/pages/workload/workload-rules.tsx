import { useQuery } from '@tanstack/react-query'
import { ignoreRulesQuery } from '~/api/queries'
import { RuleList } from '~/pages/ignore/rule-list'
import { useText } from '~/text'
import { Section } from '~/ui/layout'
import { Loaded } from '~/ui/loaded'

/** The ignore rules of one service. */
export function WorkloadRules({ stack, service }: { stack: string; service: string }) {
  const t = useText().workload
  const query = useQuery(ignoreRulesQuery)
  return (
    <Section title={t.rules}>
      <Loaded query={query} rows={1}>
        {({ items }) => {
          const rules = items.filter((rule) => rule.stack === stack && rule.service === service)
          return rules.length > 0 ? <RuleList rules={rules} /> : <p className="quiet">{t.noRules}</p>
        }}
      </Loaded>
    </Section>
  )
}
