import { json } from './answer.ts'
import type { Handler } from './route.ts'

/** `GET /health/alive`: the process answers. */
export const alive: Handler = () => json(200, { status: 'ok' }, { 'cache-control': 'no-store' })

/** `GET /health/ready`: requests can be served. `isReady` asks the database. */
export function ready({ isReady }: { isReady: () => Promise<boolean> }): Handler {
  return async () => {
    const headers = { 'cache-control': 'no-store' }
    return (await isReady()) ? json(200, { status: 'ok' }, headers) : json(503, { errors: { database: 'not ready' } }, headers)
  }
}

/** `GET /version` */
export const version =
  (number: string): Handler =>
  () =>
    json(200, { version: number })
