import { derived, type Live } from '../../lib/live.ts'
import { htmlPage } from '../server/operation.ts'
import { json, type Response, shared } from '../server/response.ts'
import type { Endpoint, Route } from '../server/route.ts'
import { type About, openApiDocument } from './document.ts'
import { referencePage } from './reference-page.ts'

/** The description of one listener. */
export interface ApiDescription {
  /** Of its paths. */
  readonly prefix: '' | '/admin'
  document(): Response<Uint8Array>
  page(): Response<Uint8Array>
  /** Called once with the routes of the listener. */
  describe(routes: readonly Route[]): void
}

/**
 * Made when it is first requested, and without routes that are disabled.
 *
 * @param registrationIsOn whether the routes of the registration face are enabled
 */
export function describeApi(about: About, registrationIsOn: Live<boolean>): ApiDescription {
  let described: readonly Route[] = []
  const document = derived(registrationIsOn, (isOn) => openApiDocument(isOn ? described : described.filter(isAlwaysOn), about))
  const isPublic = about.listener === 'public'
  const caching = { 'cache-control': isPublic ? 'public, max-age=60' : 'no-store' }
  return {
    prefix: isPublic ? '' : '/admin',
    document: derived(document, (current) => shared(json(200, current, caching))),
    page: derived(document, (current) => shared(referencePage(current))),
    describe(routes) {
      described = routes
    },
  }
}

const isAlwaysOn = ({ face }: Route): boolean => face !== 'registration'

/** `GET /openapi.json` */
export const openApi = ({ api }: { readonly api: ApiDescription }): Endpoint => ({
  method: 'GET',
  path: `${api.prefix}/openapi.json`,
  face: 'plain',
  operation: {
    id: 'getOpenApi',
    tag: 'metadata',
    summary: 'Read this description: the operations that are enabled at this listener.',
    responses: { 200: { description: 'An OpenAPI 3.1 document.', schema: 'OpenApiDocument' } },
    isStatic: true,
  },
  handler: () => api.document(),
})

/** `GET /reference` */
export const reference = ({ api }: { readonly api: ApiDescription }): Endpoint => ({
  method: 'GET',
  path: `${api.prefix}/reference`,
  face: 'page',
  operation: {
    id: 'getReference',
    tag: 'metadata',
    summary: 'Read this description as a page.',
    responses: { 200: htmlPage('A page.') },
    isStatic: true,
  },
  handler: () => api.page(),
})
