import type { Operation } from '../server/operation.ts'

/** What both listeners offer. */
export const sharedOperations = {
  alive: {
    id: 'isAlive',
    tag: 'metadata',
    summary: 'The process runs.',
    answers: { 200: { description: 'It runs.', schema: 'HealthStatus' } },
    still: true,
  },
  ready: {
    id: 'isReady',
    tag: 'metadata',
    summary: 'Requests can be served: the database answers.',
    answers: {
      200: { description: 'They can.', schema: 'HealthStatus' },
      503: { description: 'They cannot; the body names what is missing.', schema: 'HealthNotReady' },
    },
    still: true,
  },
  openApi: {
    id: 'getOpenApi',
    tag: 'metadata',
    summary: 'This description: what this listener offers at the moment.',
    answers: { 200: { description: 'An OpenAPI 3.1 document.', schema: 'OpenApiDocument' } },
    still: true,
  },
  reference: {
    id: 'getReference',
    tag: 'metadata',
    summary: 'This description, as a page to read.',
    answers: { 200: { description: 'A page.', type: 'text/html', schema: { type: 'string' } } },
    still: true,
  },
} as const satisfies Readonly<Record<string, Operation>>
