import { derived, type Live } from '../../lib/live.ts'
import { json, shared } from '../server/response.ts'
import type { Handler, Route } from '../server/route.ts'
import { type About, openApiDocument } from './document.ts'
import { referencePage } from './reference-page.ts'

/** A listener's description of itself: two handlers, and a place to tell it the routes, these two among them. */
export interface ApiDescription {
  readonly handlers: { readonly openApi: Handler; readonly reference: Handler }
  describe(routes: readonly Route[]): void
}

/**
 * Made when it is first asked for. What is off is not in it.
 *
 * @param registrationIsOn whether the routes of the registration face exist at the moment
 */
export function describeApi(about: About, registrationIsOn: Live<boolean>): ApiDescription {
  let described: readonly Route[] = []
  const document = derived(registrationIsOn, (isOn) => openApiDocument(isOn ? described : described.filter(isAlwaysThere), about))
  const caching = { 'cache-control': about.listener === 'public' ? 'public, max-age=60' : 'no-store' }
  return {
    handlers: {
      openApi: derived(document, (current) => shared(json(200, current, caching))),
      reference: derived(document, (current) => shared(referencePage(current))),
    },
    describe(routes) {
      described = routes
    },
  }
}

const isAlwaysThere = ({ face }: Route): boolean => face !== 'registration'
