import pg from 'pg'

/** Milliseconds for the whole of it. */
const patience = 3_000

/** What the driver has, and its types leave out. */
interface Cancelling {
  connect(port: number, host?: string): void
  requestSsl(): void
  cancel(processId: number, secretKey: number): void
}

interface Cancelled {
  readonly host: string
  readonly port: number
  readonly ssl: boolean | object
  readonly sslNegotiation: string
  readonly processID: number | null
  readonly secretKey: number | null
}

/**
 * Asks PostgreSQL to stop what a connection has it do, as closing that one does not: by a CancelRequest, on a connection of its own, which
 * a transaction-pooling proxy passes on while the first one is open. There is no answer that says whether it arrived.
 */
export function cancelStatement(client: pg.PoolClient): void {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client as unknown as Cancelled
  if (processID === null || secretKey === null) return
  const connection = new pg.Connection({ ssl, sslNegotiation } as pg.ConnectionConfig) as pg.Connection & Cancelling
  const timer = setTimeout(() => connection.stream.destroy(), patience).unref()
  connection.on('error', () => {})
  connection.on('end', () => clearTimeout(timer))
  const cancel = () => connection.cancel(processID, secretKey)
  connection.once('connect', () => {
    if (!ssl) cancel()
    else if (sslNegotiation !== 'direct') connection.requestSsl()
  })
  connection.once('sslconnect', cancel)
  if (host.startsWith('/')) (connection as unknown as { connect(path: string): void }).connect(`${host}/.s.PGSQL.${port}`)
  else connection.connect(port, host)
}
