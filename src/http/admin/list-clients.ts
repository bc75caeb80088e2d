import type { ClientPage, ListedClient } from '../../core/clients/client.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { hydraNoStore, json } from '../answer.ts'
import { type Handler, queryParameter } from '../route.ts'
import type { PageTokens } from './page-token.ts'
import { pageLinks, pageSize } from './paging.ts'

/** `GET /admin/clients`: Hydra's list, by id, with filters that match exactly and keyset pages in `Link`. */
export function listClients(deps: { list: (page: ClientPage) => Promise<ListedClient[]>; pageTokens: PageTokens }): Handler {
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
    const next = found.length > size ? deps.pageTokens.make(clients.at(-1)?.clientId) : undefined
    const headers = { ...hydraNoStore, link: pageLinks(request, size, { first: deps.pageTokens.make(undefined), next }) }
    return json(
      200,
      clients.map((client) => hydraClientJson(client, 'read')),
      headers,
    )
  }
}
