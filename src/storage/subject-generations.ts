import { sql } from 'kysely'
import type { Connection } from './connection.ts'

/**
 * Counts one more end of a person's consents (for a client, or for all where `clientId` is empty) or sessions. Counters, not times: nodes
 * differ in their clocks, and a difference must not keep alive what was ended.
 */
export async function raise(db: Connection, what: 'consents' | 'sessions', subject: string, clientId: string): Promise<void> {
  await db.change(
    db.queries
      .insertInto('subject_generations')
      .values({ subject, client_id: clientId, consents: 0, sessions: 0, [what]: 1 })
      .onConflict((conflict) =>
        conflict.columns(['subject', 'client_id']).doUpdateSet({ [what]: sql<number>`subject_generations.${sql.ref(what)} + 1` }),
      ),
  )
}
