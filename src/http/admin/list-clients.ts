import type { FastifyRequest } from 'fastify'
import type { Client, ClientPage } from '../../core/clients/client.ts'
import { Refusal } from '../../lib/refusal.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { hydraNoStore, json } from '../answer.ts'
import type { DoorReason } from '../reasons.ts'
import { type Handler, queryParameter } from '../route.ts'
import type { PageTokens } from './page-token.ts'

const defaultPageSize = 100
const largestPageSize = 500

/** `GET /admin/clients`: Hydra's list, by id, with filters that match exactly and keyset pages in `Link`. */
export function listClients(deps: { list: (page: ClientPage) => Promise<Client[]>; pageTokens: PageTokens }): Handler {
  return async (request) => {
    const size = pageSize(queryParameter(request, 'page_size'))
    const token = queryParameter(request, 'page_token')
    const [after, clientName, owner] = [
      token && deps.pageTokens.read(token),
      queryParameter(request, 'client_name'),
      queryParameter(request, 'owner'),
    ]
    // One more than asked for: it tells whether there is a next page.
    const found = await deps.list({
      limit: size + 1,
      ...(after !== undefined && { after }),
      ...(clientName !== undefined && { clientName }),
      ...(owner !== undefined && { owner }),
    })
    const clients = found.slice(0, size)
    const first = link(request, size, deps.pageTokens.make(undefined), 'first')
    const next = found.length > size ? link(request, size, deps.pageTokens.make(clients.at(-1)?.clientId), 'next') : undefined
    const headers = { ...hydraNoStore, link: next === undefined ? first : `${first},${next}` }
    return json(
      200,
      clients.map((client) => hydraClientJson(client, 'read')),
      headers,
    )
  }
}

/** Hydra's bounds: absent or not positive is 100, more than 500 is 500. */
function pageSize(text: string | undefined): number {
  if (text === undefined) return defaultPageSize
  if (!/^[+-]?\d{1,18}$/.test(text)) {
    throw new Refusal<DoorReason>({ kind: 'page-refused', message: `strconv.Atoi: parsing '${text.slice(0, 50)}': invalid syntax` })
  }
  const size = Number(text)
  return size <= 0 ? defaultPageSize : Math.min(size, largestPageSize)
}

/** The other query parameters stay, in alphabetical order; the page size is the one in effect. */
function link(request: FastifyRequest, size: number, token: string, rel: string): string {
  const query = new URLSearchParams(request.query as Record<string, string>)
  query.set('page_size', String(size))
  query.set('page_token', token)
  query.sort()
  return `</admin/clients?${query}>; rel="${rel}"`
}
