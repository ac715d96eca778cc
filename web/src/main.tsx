import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ProblemError } from './api/client'
import { makeRouter } from './app/router'
import './style.css'
import { TextProvider } from './text'

/** How often what could not be read is asked for again by itself. What the server refused stays refused. */
const RETRIES = 2

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something changed; a look after a while is for what they missed.
      staleTime: 10_000,
      retry: (failures, error) => failures < RETRIES && (!(error instanceof ProblemError) || error.status === 0),
    },
  },
})
const router = makeRouter(queries)

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <TextProvider>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </TextProvider>
  </StrictMode>,
)
