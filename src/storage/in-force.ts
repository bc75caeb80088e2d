import { type RawBuilder, sql } from 'kysely'

/**
 * What counts, as conditions of the statement that looks something up: marks and generations in the rows of client, grant and person,
 * each found by its primary key. They name the tables `clients` and `grants` as they are.
 */

/** How often a person's consents were withdrawn, for this client and for all together: both only grow, so the sum tells of each. */
export const consentsOf = (subject: RawBuilder<unknown>, clientId: RawBuilder<unknown>): RawBuilder<number> =>
  sql`(select cast(coalesce(sum(withdrawals.consents), 0) as integer) from subject_generations as withdrawals
    where withdrawals.subject = ${subject} and withdrawals.client_id in ('', ${clientId}))`

/** How often a person's sessions were ended. */
export const sessionsOf = (subject: RawBuilder<unknown>): RawBuilder<number> =>
  sql`coalesce((select ends.sessions from subject_generations as ends where ends.subject = ${subject} and ends.client_id = ''), 0)`

/** The client is there, and the grant was made under its generation and is not withdrawn. */
export const grantIsInForce: RawBuilder<boolean> = sql`clients.removed_at is null and grants.generation = clients.generation
  and grants.withdrawn_at is null and grants.consents = ${consentsOf(sql.ref('grants.subject'), sql.ref('grants.client_id'))}`
