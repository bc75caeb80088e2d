import type { ClientPage, ClientsFound } from '../../core/clients/client.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { queryParameter } from '../server/parameters.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Handler } from '../server/route.ts'
import type { PageTokens } from './page-token.ts'
import { pageLinks, pageSize } from './paging.ts'

/** `GET /admin/clients`: Hydra's list, by id, with filters that match exactly and keyset pages in `Link`. */
export function listClients(deps: { list: (page: ClientPage) => Promise<ClientsFound>; pageTokens: PageTokens }): Handler {
  return async (request) => {
    const size = pageSize(queryParameter(request, 'page_size'))
    const token = queryParameter(request, 'page_token')
    const [after, clientName, owner] = [
      token && deps.pageTokens.read(token),
      queryParameter(request, 'client_name'),
      queryParameter(request, 'owner'),
    ]
    const { clients, next } = await deps.list({
      limit: size,
      ...(after !== undefined && { after }),
      ...(clientName !== undefined && { clientName }),
      ...(owner !== undefined && { owner }),
    })
    const tokens = { first: deps.pageTokens.make(undefined), next: next && deps.pageTokens.make(next) }
    const headers = { ...hydraNoStore, link: pageLinks(request, size, tokens) }
    return json(
      200,
      clients.map((client) => hydraClientJson(client, 'read')),
      headers,
    )
  }
}
