/** Where the page of a thing is. */
import { linkOptions } from '@tanstack/react-router'

export const workloadLink = ({ stack, name }: { stack?: string | null; name: string }) =>
  stack
    ? linkOptions({ to: '/stacks/$stack/services/$service', params: { stack, service: name } })
    : linkOptions({ to: '/containers/$name', params: { name } })

export const planLink = (id: string) => linkOptions({ to: '/plans/$id', params: { id } })

export const jobLink = (id: string) => linkOptions({ to: '/jobs/$id', params: { id } })
