/** What is asked of the audit trail for what the address says. */
import type { AuditFilter } from '~/api/types'
import type { AuditSearch } from './search'

/** Days are those of whoever looks: from the first moment of the one to the last of the other. */
export function auditFilter({ who, q, failed, since, until }: AuditSearch): AuditFilter {
  return {
    ...(who === undefined ? {} : { who: who.trim() }),
    ...(q === undefined ? {} : { q }),
    ...(failed === undefined ? {} : { failed }),
    ...(since === undefined ? {} : { since: midnight(since, 0) }),
    ...(until === undefined ? {} : { until: midnight(until, 1) }),
  }
}

function midnight(day: string, daysLater: number): string {
  const at = new Date(`${day}T00:00:00`)
  at.setDate(at.getDate() + daysLater)
  return at.toISOString()
}
