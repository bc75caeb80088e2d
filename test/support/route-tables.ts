import assert from 'node:assert/strict'
import { type AdminDeps, adminRoutes } from '../../src/http/admin.ts'
import { describeApi } from '../../src/http/openapi/api-description.ts'
import { type PublicDeps, publicRoutes } from '../../src/http/public.ts'
import type { Route } from '../../src/http/server/route.ts'

/** The given dependencies, and for every other name a function that fails the test when it is called. */
function withoutOthers<Deps extends object>(given: Partial<Deps>): Deps {
  return new Proxy(given, {
    get: (target, name) => (name in target ? target[name as keyof Deps] : () => assert.fail(`${String(name)} was called`)),
  }) as Deps
}

const describes = (listener: 'public' | 'admin') => describeApi({ listener, version: '1', server: undefined }, () => true)

/** The routes of the public listener; their handlers must not be called. */
export const publicTable = (given: Partial<PublicDeps> = {}): Route[] =>
  publicRoutes(withoutOthers<PublicDeps>({ issuerPath: '', api: describes('public'), ...given }))

/** The routes of the admin listener; their handlers must not be called. */
export const adminTable = (): Route[] => adminRoutes(withoutOthers<AdminDeps>({ api: describes('admin') }))
