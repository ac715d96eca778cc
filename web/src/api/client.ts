/** How the server is asked. */
import createClient from 'openapi-fetch'
import type { paths } from './schema.gen'
import type { Problem } from './types'

/** An answer that is none: what the server said, with the status it said it with. 0 where nothing was heard. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message)
    this.name = 'ProblemError'
  }
}

export const client = createClient<paths>({ baseUrl: '' })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** Waits for an answer and returns its content, or throws a `ProblemError`. */
export async function content<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked.catch((reason: unknown) => {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason
    throw new ProblemError(0, { code: 'page.unreachable', message: 'the server does not answer' })
  })
  if (response.ok) return data as T
  throw new ProblemError(response.status, readProblem(error, response.status))
}

function readProblem(error: unknown, status: number): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) return error as Problem
  return { code: `http.${status}`, message: `the answer was status ${status}, without a reason` }
}

/** Names a request, so that it is done once however often it is sent. */
export function once(): { 'Idempotency-Key': string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return { 'Idempotency-Key': Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') }
}
