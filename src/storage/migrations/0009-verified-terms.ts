import { type Kysely, type RawBuilder, sql } from 'kysely'
import { sha256 } from '../../lib/hash.ts'
import { forRanges, type Step } from './step.ts'

interface ClientRow {
  readonly client_id: string
  readonly version: number
  readonly metadata: string
}

async function addColumn(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('clients').addColumn('verified_terms', 'text').execute()
}

/** Fewer than in other ranges, as their metadata is read, of up to 48 KiB each. */
const size = 500

const fillColumn = (db: Kysely<unknown>): Promise<void> =>
  forRanges(db, { table: 'clients', key: 'client_id', size }, async (range) => {
    let open: readonly ClientRow[]
    // What a node of the version before changed between the two statements is read again.
    do open = await unmarked(db, range)
    while (open.length > 0 && (await mark(db, range, open)) < open.length)
  })

/**
 * The clients of administrators that no owner has changed, as far as audit records are kept. The subquery yields a value, so that PostgreSQL
 * looks it up by the index for each client; of `not exists` it can make one scan of all audit records for each range.
 */
async function unmarked(db: Kysely<unknown>, range: RawBuilder<boolean>): Promise<readonly ClientRow[]> {
  const { rows } = await sql<ClientRow>`
    select client_id, version, metadata from clients
    where ${range} and origin = 'admin' and removed_at is null and verified_terms is null and (
      select 1 from audit_records
      where audit_records.client_id = clients.client_id and event = 'client.updated' and actor = 'owner'
      limit 1) is null`.execute(db)
  return rows
}

/**
 * How many of them were still as they were read. The plus keeps SQLite from an index of versions, which are all alike: it would read the
 * whole range of clients, and for each of them all that were read before.
 */
async function mark(db: Kysely<unknown>, range: RawBuilder<boolean>, clients: readonly ClientRow[]): Promise<number> {
  const values = clients.map(
    ({ client_id, version, metadata }) => sql`(${client_id}, cast(${version} as integer), ${approvedTerms(JSON.parse(metadata))})`,
  )
  const { rows } = await sql`
    update clients set verified_terms = column3 from (values ${sql.join(values)}) as read_before
    where ${range} and client_id = column1 and version = +column2 and removed_at is null
    returning client_id`.execute(db)
  return rows.length
}

interface Metadata extends Readonly<Record<string, unknown>> {
  readonly redirectUris?: readonly string[]
  readonly jwks?: { readonly keys?: readonly unknown[] }
}

/**
 * `approvedTermsOf` as it was in the version that brought this migration. A copy, so that a later change of that function can come with a
 * migration that knows what is stored. SQL can compute none of it: SQLite has no SHA-256.
 */
function approvedTerms({ clientName, localized, clientUri, tosUri, policyUri, jwksUri, ...rest }: Metadata): string {
  const redirectUris = [...new Set((rest.redirectUris ?? []).map(withoutLoopbackPort))].sort()
  const keys = (rest.jwks?.keys ?? []).map((key) => JSON.stringify(inOrder(key))).sort()
  const method = rest.tokenEndpointAuthMethod ?? 'client_secret_basic'
  const terms = [clientName, localized, clientUri, tosUri, policyUri, redirectUris, keys, jwksUri, method]
  return sha256(JSON.stringify(inOrder(terms)))
}

const withoutLoopbackPort = (uri: string): string => uri.replace(/^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)):\d{1,5}(?=[/?]|$)/i, '$1')

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]))
}

/** What an administrator wrote of each client, so that a change by the client's owner ends that the client is verified. */
export const steps: readonly Step[] = [{ up: addColumn }, { inBatches: fillColumn }]
