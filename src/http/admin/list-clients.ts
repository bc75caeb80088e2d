import type { ClientPage, ClientsFound } from '../../core/clients/client.ts'
import { hydraClientJson } from '../../protocol/hydra-client-json.ts'
import { textParameter } from '../server/operation.ts'
import { queryParameter } from '../server/parameters.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'
import type { PageTokens } from './page-token.ts'
import { pageLinks, pageSize } from './paging.ts'

interface Deps {
  readonly listClients: (page: ClientPage) => Promise<ClientsFound>
  readonly pageTokens: PageTokens
}

/** `GET /admin/clients`: Hydra's list, ordered by id, with filters that match exactly and the next page in `Link`. */
export const listClients = ({ listClients, pageTokens }: Deps): Endpoint => ({
  method: 'GET',
  path: '/admin/clients',
  face: 'admin',
  operation: {
    id: 'listOAuth2Clients',
    tag: 'oAuth2',
    summary: 'List clients by id, one page at a time. A page can be short, or empty, where `Link` has a next one.',
    query: {
      page_size: { schema: { type: 'integer', default: 100, maximum: 500 }, description: 'The maximum number of clients.' },
      page_token: textParameter('From `Link` of the page before.'),
      client_name: textParameter('Only clients with exactly this name.'),
      owner: textParameter('Only clients with exactly this owner.'),
    },
    responses: {
      200: {
        description: 'A page.',
        schema: { type: 'array', items: { $ref: '#/components/schemas/OAuth2Client' } },
        headers: { link: 'The first and the next page (RFC 8288).' },
      },
    },
  },
  async handler(request) {
    const size = pageSize(queryParameter(request, 'page_size'))
    const token = queryParameter(request, 'page_token')
    const [after, clientName, owner] = [
      token && pageTokens.read(token),
      queryParameter(request, 'client_name'),
      queryParameter(request, 'owner'),
    ]
    const { clients, next } = await listClients({
      limit: size,
      ...(after !== undefined && { after }),
      ...(clientName !== undefined && { clientName }),
      ...(owner !== undefined && { owner }),
    })
    const tokens = { first: pageTokens.make(undefined), next: next && pageTokens.make(next) }
    const headers = { ...hydraNoStore, link: pageLinks(request, size, tokens) }
    return json(
      200,
      clients.map((client) => hydraClientJson(client, 'read')),
      headers,
    )
  },
})
