/** Starts a load process (`load.ts`) and exchanges messages with it for `run.ts`. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Measured, Order, Report } from './load.ts'
import { beside, end, launch, loadCore, type Target } from './process.ts'

/** A load process for one target, which keeps that target's clients and tokens. */
export class Load implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async aim({ pid, publicPort, adminPort, issuer }: Target): Promise<Load> {
    const child = launch([process.execPath, beside('load.ts')], loadCore, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const load = new Load(child)
    await load.#order({ kind: 'aim', pid, publicPort, adminPort, issuer })
    return load
  }

  /** @param also.jwt whether JWTs and clients with keys are made as well */
  async prepare(clients: number, tokens: number, also: { readonly jwt: boolean }): Promise<void> {
    await this.#order({ kind: 'prepare', clients, tokens, ...also })
  }

  async run(name: string, seconds: number): Promise<Measured> {
    const { measured } = await this.#order({ kind: 'run', name, seconds })
    if (!measured) throw new Error('the load measured nothing')
    return measured
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child)
  }

  async #order(order: Order): Promise<Extract<Report, { kind: 'done' }>> {
    const settled = new AbortController()
    const { signal } = settled
    const died = once(this.#child, 'exit', { signal }).then((): [Report] => [{ kind: 'failed', message: 'the load process ended' }])
    this.#child.send(order)
    const [report] = (await Promise.race([once(this.#child, 'message', { signal }), died])) as [Report]
    died.catch(() => {})
    settled.abort()
    if (report.kind === 'failed') throw new Error(`the load of ${order.kind === 'run' ? order.name : order.kind}: ${report.message}`)
    return report
  }
}
