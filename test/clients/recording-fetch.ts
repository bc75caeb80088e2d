import { recordSecretsIn } from '../support/request.ts'

/**
 * A `fetch` for third-party clients. It records the secrets in responses, so that the logs can be searched for them. `addresses` maps
 * a server's public origin to the URL where it listens.
 */
export function recordingFetch(addresses: Readonly<Record<string, string>> = {}): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    const [name, address] = Object.entries(addresses).find(([origin]) => url.startsWith(origin)) ?? ['', '']
    const response = await fetch(address + url.slice(name.length), init)
    const isJson = response.headers.get('content-type')?.includes('json')
    if (isJson) recordSecretsIn(await response.clone().json())
    return response
  }
}
