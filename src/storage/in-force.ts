import { type RawBuilder, sql } from 'kysely'

/**
 * What counts, as conditions of the statement that looks something up: it compares what a row carries with marks and generations in the
 * rows of client, grant and person, each found by its primary key. They are subqueries and not joins: PostgreSQL, which plans a statement
 * anew at each run, plans them in half the time. They name the table `grants` as it is.
 */

/** The generation of a client that is there; null where it is not. */
export const generationOf = (clientId: RawBuilder<unknown>): RawBuilder<number> =>
  sql`(select owner.generation from clients as owner where owner.client_id = ${clientId} and owner.removed_at is null)`

/** Grants that were made under the client's present generation: a range of the index of the grants of clients. */
export const isOfClient = (clientId: string): RawBuilder<boolean> =>
  sql`grants.client_id = ${clientId} and grants.generation = ${generationOf(sql.val(clientId))}`

/** How often a person's consents were withdrawn, for this client and for all together: both only grow, so each changes the sum. */
export const consentsOf = (subject: RawBuilder<unknown>, clientId: RawBuilder<unknown>): RawBuilder<number> =>
  sql`(${countOf('consents', subject, sql.lit(''))} + ${countOf('consents', subject, clientId)})`

/** How often a person's sessions were ended. */
export const sessionsOf = (subject: RawBuilder<unknown>): RawBuilder<number> => countOf('sessions', subject, sql.lit(''))

const countOf = (what: 'consents' | 'sessions', subject: RawBuilder<unknown>, clientId: RawBuilder<unknown>): RawBuilder<number> =>
  sql`coalesce((select ended.${sql.ref(what)} from subject_generations as ended
    where ended.subject = ${subject} and ended.client_id = ${clientId}), 0)`

const isNotWithdrawn = sql<boolean>`grants.withdrawn_at is null
  and grants.consents = ${consentsOf(sql.ref('grants.subject'), sql.ref('grants.client_id'))}`

/** The client is there, and the grant was made under its generation and is not withdrawn. */
export const grantIsInForce = sql<boolean>`${isNotWithdrawn} and grants.generation = ${generationOf(sql.ref('grants.client_id'))}`

/** The token's client is there and has what the token carries; and so has its grant, where it has one. */
export const tokenIsInForce = sql<boolean>`access_tokens.token_epoch = (
    select owner.token_epoch from clients as owner where owner.client_id = access_tokens.client_id
      and owner.removed_at is null and owner.generation = access_tokens.generation)
  and (access_tokens.grant_id is null or access_tokens.grant_epoch = (
    select grants.access_epoch from grants where grants.id = access_tokens.grant_id and grants.tokens_ended_at is null
      and grants.generation = access_tokens.generation and ${isNotWithdrawn}))`
