/**
 * Runs an act in one transaction.
 *
 * It commits when `body` returns and rolls back when it throws; the promise settles only after the commit is durable.
 * Calls that do not depend on one another are made together (`Promise.all`): they run in the order in which they are made, and on
 * PostgreSQL they share one round trip.
 * A body awaits nothing but `tx`: no network, no slow hashing, no timer. Where the database asks for it, a body runs again,
 * so it must not change anything outside `tx`; what should happen once, after the commit, goes to `tx.afterCommit`.
 *
 * @throws RolledBack when the act cannot be done now (full disk, too many waiting): nothing was written.
 */
export type Transaction<Stores> = <T>(body: (tx: Stores & AfterCommit) => Promise<T>) => Promise<T>

export interface AfterCommit {
  /** Runs `effect` once, after the commit: counters and log lines of an act. */
  afterCommit(effect: () => void): void
}
