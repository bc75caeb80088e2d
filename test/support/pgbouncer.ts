import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './server.ts'

/**
 * A pgbouncer in transaction mode for the PostgreSQL at `url`, with two connections to it; undefined if pgbouncer is not
 * installed (Debian: `apt-get install pgbouncer`).
 */
export async function startPgbouncer(url: string): Promise<({ readonly url: string } & AsyncDisposable) | undefined> {
  const program = installed()
  if (program === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'clientele-pgbouncer-'))
  chmodSync(folder, 0o777)
  const target = new URL(url)
  const port = await freePort()
  const settings = [
    '[databases]',
    `* = host=127.0.0.1 port=${target.port} user=${target.username || 'postgres'}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 2',
  ]
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `${settings.join('\n')}\n`)
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const bouncer = spawn(program, [file], { ...asNobody, cwd: folder, stdio: 'ignore' })
  await Promise.race([untilListening(port), endOf(bouncer)])
  return {
    url: Object.assign(new URL(url), { port: String(port) }).href,
    async [Symbol.asyncDispose]() {
      const end = new Promise((resolve) => bouncer.once('exit', resolve))
      bouncer.kill('SIGKILL')
      await end
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const endOf = (bouncer: ChildProcess): Promise<never> =>
  new Promise((_, reject) => bouncer.once('exit', (code) => reject(new Error(`pgbouncer ended with code ${code}`))))

function installed(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'PATH="$PATH:/usr/sbin" command -v pgbouncer'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isListening) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
