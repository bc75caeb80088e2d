import type { Fence } from '../../lib/fence.ts'
import type { FencedFetch } from '../../lib/fenced-fetch.ts'
import type { Live } from '../../lib/live.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { Telemetry } from '../../lib/telemetry.ts'
import { Unavailable } from '../../lib/unavailable.ts'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import { HydraFaultError } from '../../protocol/hydra-words.ts'
import { problem, quote } from '../../protocol/problem.ts'
import type { MetadataRefusal } from './evaluate-registration.ts'

/** What is wrong with a client's `sector_identifier_uri`, in words; undefined where it has none or all is well. */
export type SectorFault = (metadata: ClientMetadata) => Promise<string | undefined>

const order = { types: ['application/json'], maxBytes: 256 * 1024, timeout: 5_000 }
const mostAtOnce = 32

/** One sentence for all that can go wrong on the way: what lies in our network shows in none of it. */
const unreadable = 'must be an https URL that can be fetched and holds a JSON array of strings'

/**
 * OpenID Connect Registration §5: the URL is fetched when a client is registered or changed, and holds a JSON array with every one of its
 * redirect URIs, so that nobody joins a sector that does not know him.
 *
 * @throws Unavailable where too many are being fetched, or the server stops
 */
export function sectorFault(deps: { fetch: FencedFetch; fence: Live<Fence>; telemetry: Telemetry }): SectorFault {
  let running = 0
  return async ({ sectorIdentifierUri: uri, redirectUris = [] }) => {
    if (uri === undefined) return undefined
    if (running >= mostAtOnce) throw new Unavailable('too many sector identifiers are being fetched', 2)
    running++
    try {
      const listed = readSector(await deps.fetch(uri, order, deps.fence()))
      const missing = redirectUris.find((redirect) => !listed.includes(redirect))
      return missing === undefined ? undefined : `does not list the redirect URI ${quote(missing)}`
    } catch (error) {
      if (error instanceof Unavailable) throw error
      const { message, cause } = error as Error
      deps.telemetry.log('info', 'sector identifier refused', { uri, error: String((cause as Error | undefined)?.message ?? message) })
      return unreadable
    } finally {
      running--
    }
  }
}

function readSector({ status, body }: { status: number; body: string }): readonly string[] {
  if (status !== 200) throw new Error(`it was answered with ${status}`)
  const listed: unknown = JSON.parse(body)
  if (Array.isArray(listed) && listed.every((entry) => typeof entry === 'string')) return listed
  throw new Error('what is there is no JSON array of strings')
}

/** @throws Refusal `metadata-refused` */
export async function checkOwnSector(metadata: ClientMetadata, fault: SectorFault): Promise<void> {
  const message = await fault(metadata)
  if (message === undefined) return
  throw new Refusal<MetadataRefusal>({ kind: 'metadata-refused', problems: [problem('sector_identifier_uri', message)] })
}

/** The same in Hydra's family of errors. @throws HydraFaultError */
export async function checkSectorForAdmin(metadata: ClientMetadata, fault: SectorFault): Promise<void> {
  const message = await fault(metadata)
  if (message !== undefined) throw new HydraFaultError({ family: 'metadata', hint: `Field sector_identifier_uri ${message}.` })
}
