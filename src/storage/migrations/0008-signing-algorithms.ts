import { type Kysely, sql } from 'kysely'
import { exactText } from '../exact-text.ts'

const columns = { id_token_alg: 'idTokenSignedResponseAlg', userinfo_alg: 'userinfoSignedResponseAlg' }

/** What clients registered for signatures, so that those who depend on a key can be counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const text = exactText(db)
  for (const [column, member] of Object.entries(columns)) {
    await db.schema.alterTable('clients').addColumn(column, text).execute()
    // By the text of the JSON, which is the same on every database; what a client writes has its quotation marks escaped.
    const registered = (value: string) => sql`metadata like ${`%"${member}":"${value}%`}`
    const cases = algorithms.map((alg) => sql`when ${registered(`${alg}"`)} then ${alg}`)
    await sql`update clients set ${sql.ref(column)} = case ${sql.join(cases, sql` `)} end where ${registered('')}`.execute(db)
    await sql`create index ${sql.ref(`clients_by_${column}`)} on clients (${sql.ref(column)}) where ${sql.ref(column)} is not null`.execute(
      db,
    )
  }
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
