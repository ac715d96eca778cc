import type { ReactNode } from 'react'
import { Placeholder, ProblemNote } from './layout'

type LoadedProps<T> = {
  query: { data: T | undefined; error: unknown; refetch: () => Promise<unknown> }
  rows?: number
  children: (data: T) => ReactNode
}

/** What a query brings, or why it does not. What was read before stays while it is read again. */
export function Loaded<T>({ query, rows = 6, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ProblemNote error={query.error} retry={() => void query.refetch()} />
  return <Placeholder rows={rows} />
}
