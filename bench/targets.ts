/** The targets. They are printed as met or missed with each figure; no test asserts them, because machines differ. */
export const targets = {
  /** The minimum ratio of the server's requests per second to the baseline's, in the same run. */
  ratio: {
    register: 0.5,
    read: 0.5,
    update: 0.5,
    'register-and-delete': 0.5,
    'admin-get': 0.5,
    'admin-list': 0.5,
    token: 0.5,
    'token-jwt-rs256': 0.8,
    'token-jwt-es256': 0.6,
    'token-jwt-eddsa': 0.6,
    'token-by-key': 0.5,
    introspect: 0.5,
    'introspect-jwt': 0.5,
    discovery: 0.5,
    login: 0.5,
    'login-and-refresh': 0.5,
    refresh: 0.5,
  } as Readonly<Record<string, number>>,
  /** The minimum ratio to the rate of oidc-provider on SQLite with the same durability and a commit for each write. */
  peerRatio: { login: 3, 'login-and-refresh': 3, refresh: 3 } as Readonly<Record<string, number>>,
  /** The maximum growth of another client's p99 when 1,000 wrong guesses a second take the place of 1,000 right requests. */
  guesses: 2,
  /** The minimum ratio to the server of another checkout (`--before`), every case. */
  beforeRatio: 0.95,
  /**
   * An honest caller during an attack: its p99 is at most `ratio` times that without the attack or `milliseconds`, whichever is more. The
   * server uses at most `memoryMiB` more than after its start; `loopMilliseconds` is the maximum p99.9 of its event loop's delay.
   */
  hostile: { ratio: 3, milliseconds: 100, memoryMiB: 150, loopMilliseconds: 50 },
  /** On PostgreSQL, every case: to a baseline with the same statements through `pg`. */
  postgresRatio: 0.6,
  /**
   * `idleMiB`: resident memory of a server after its start. `readySeconds`: from the start of the process to its first 200 at
   * /health/ready, on an existing database.
   */
  source: { idleMiB: 180, readySeconds: 2 },
  built: { idleMiB: 120, readySeconds: 1 },
}
