/** What a scope allows. Each includes those before it. */
import type { Scope } from '~/api/types'

const SCOPES = ['read', 'check', 'update', 'admin'] as const satisfies readonly Scope[]

const allows = (scope: Scope, needed: Scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(needed)

export const mayCheck = (scope: Scope) => allows(scope, 'check')
export const mayStart = (scope: Scope) => allows(scope, 'update')
export const mayAdminister = (scope: Scope) => allows(scope, 'admin')
