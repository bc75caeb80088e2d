import { hydraNoStore, json } from './response.ts'
import type { Handler } from './route.ts'

/** `GET /health/alive`: the process answers. */
export const alive: Handler = () => json(200, { status: 'ok' }, hydraNoStore)

/** `GET /health/ready`: requests can be served. `isReady` asks the database. */
export function ready({ isReady }: { isReady: () => Promise<boolean> }): Handler {
  return async () => {
    return (await isReady()) ? json(200, { status: 'ok' }, hydraNoStore) : json(503, { errors: { database: 'not ready' } }, hydraNoStore)
  }
}

/** `GET /admin/metrics/prometheus`: what the process counts and measures, in Prometheus' text format. */
export function metrics({ text }: { text: () => Promise<string> }): Handler {
  return async () => ({
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
    body: await text(),
  })
}

/** `GET /version` */
export const version =
  (number: string): Handler =>
  () =>
    json(200, { version: number }, hydraNoStore)
