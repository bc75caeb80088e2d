import { type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'
import { index, inRanges, type Step } from './step.ts'

const columns = { id_token_alg: 'idTokenSignedResponseAlg', userinfo_alg: 'userinfoSignedResponseAlg' }

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

async function addColumns(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  for (const column of Object.keys(columns)) await db.schema.alterTable('clients').addColumn(column, text).execute()
}

const indexOf = (column: keyof typeof columns): Step =>
  index(`clients_by_${column}`, 'clients', [column], sql`${sql.ref(column)} is not null`)

/** By the text of the JSON, which is the same on every database; what a client writes has its quotation marks escaped. */
const hasRegistered = (member: string, value: string) => sql`metadata like ${`%"${member}":"${value}%`}`

function registered(member: string) {
  const cases = algorithms.map((alg) => sql`when ${hasRegistered(member, `${alg}"`)} then ${alg}`)
  return sql`case ${sql.join(cases, sql` `)} end`
}

const fillColumns = (db: Kysely<unknown>): Promise<void> =>
  inRanges(db, { table: 'clients', key: 'client_id' }, (range) => {
    const values = Object.entries(columns).map(([column, member]) => sql`${sql.ref(column)} = ${registered(member)}`)
    const some = Object.values(columns).map((member) => hasRegistered(member, ''))
    return sql`update clients set ${sql.join(values)} where ${range} and (${sql.join(some, sql` or `)})`
  })

/** What clients registered for signatures, so that those who depend on a key can be counted. */
export const steps: readonly Step[] = [{ up: addColumns }, indexOf('id_token_alg'), indexOf('userinfo_alg'), { inBatches: fillColumns }]
