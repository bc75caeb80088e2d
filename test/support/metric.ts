import type { TestServer } from './server.ts'

/** The value of a counter on the metrics page, summed over the labels that are not given. */
export async function counted(server: TestServer, name: string, labels: Readonly<Record<string, string>>): Promise<number> {
  const { text } = await server.admin('/admin/metrics/prometheus')
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  const wanted = lines.filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
  return wanted.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

export const closedConnections = (server: TestServer, listener: 'public' | 'admin', reason: string): Promise<number> =>
  counted(server, 'clientele_connection_closed_total', { listener, reason })
