import { useText } from '~/text'
import { Spinner } from './basics'

type MoreProps = { query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> } }

/** Reads the next page of a list, if there is one. */
export function MoreButton({ query }: MoreProps) {
  const t = useText()
  if (!query.hasNextPage) return null
  return (
    <div className="mt-4 text-center">
      <button
        type="button"
        className="btn btn-sm"
        disabled={query.isFetchingNextPage}
        onClick={() => void query.fetchNextPage()}
      >
        {query.isFetchingNextPage && <Spinner />}
        {t.more}
      </button>
    </div>
  )
}
