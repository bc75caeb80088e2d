import type pg from 'pg'

/** Clients that have a session of the server for themselves. */
const direct = new WeakSet<pg.ClientBase>()

/**
 * Finds out whether a new connection leads to one session of the server or to a pooler, which hands each transaction to another: a pooler makes
 * up the process id that it sends at the beginning. Queried together with the first statement, so that it costs no round trip.
 *
 * In a session of its own a connection keeps the plans of named statements. Such a plan is made once for all values, and for tables that
 * may be small then: it must not read a whole table, as that table grows.
 */
export function recogniseSession(client: pg.ClientBase): void {
  const { processID } = client as unknown as { processID: number | null }
  client
    .query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    .then(async ({ rows: [row] }) => {
      if (row?.pid !== processID) return
      await client.query('SET enable_seqscan = off')
      direct.add(client)
    })
    // An engine without the function, or a connection that broke: what is sent has no names.
    .catch(() => {})
}

/** Whether statements on this connection may have names. */
export const isDirect = (client: pg.ClientBase): boolean => direct.has(client)
