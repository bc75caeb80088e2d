import { hydraNoStore, json } from './response.ts'
import type { Endpoint } from './route.ts'

/** `GET /health/alive` */
export const alive = (): Endpoint => ({
  method: 'GET',
  path: '/health/alive',
  face: 'plain',
  operation: {
    id: 'isAlive',
    tag: 'metadata',
    summary: 'Check that the process runs.',
    responses: { 200: { description: 'It runs.', schema: 'HealthStatus' } },
    isStatic: true,
  },
  handler: () => json(200, { status: 'ok' }, hydraNoStore),
})

/** `GET /health/ready`: `isReady` asks the database. */
export const ready = ({ isReady }: { readonly isReady: () => Promise<boolean> }): Endpoint => ({
  method: 'GET',
  path: '/health/ready',
  face: 'plain',
  operation: {
    id: 'isReady',
    tag: 'metadata',
    summary: 'Check that requests can be served: the database answers.',
    responses: {
      200: { description: 'Requests can be served.', schema: 'HealthStatus' },
      503: { description: 'Requests cannot be served; the body names what is missing.', schema: 'HealthNotReady' },
    },
    isStatic: true,
  },
  async handler() {
    return (await isReady()) ? json(200, { status: 'ok' }, hydraNoStore) : json(503, { errors: { database: 'not ready' } }, hydraNoStore)
  },
})
