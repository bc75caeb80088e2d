import { EventEmitter, once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyResult, jwtVerify } from 'jose'
import { KeyRing } from '../../src/core/keys/key-ring.ts'
import { generateKey } from '../../src/core/keys/make-key.ts'
import { openSigningKeys } from '../../src/core/keys/open-signing-keys.ts'
import { publishedKeys } from '../../src/core/keys/published-keys.ts'
import { idTokenKeys } from '../../src/core/keys/signing-key.ts'
import { type DeliverLogoutsDeps, deliverLogouts } from '../../src/core/logout/deliver-logouts.ts'
import { type LogoutDelivery, newLogoutDelivery } from '../../src/core/logout/logout-delivery.ts'
import { makeFencedFetch } from '../../src/lib/fenced-fetch.ts'
import { systemRandomness } from '../../src/lib/random.ts'
import { makeSealer } from '../../src/lib/seal.ts'
import { silence } from '../../src/lib/telemetry.ts'
import type { ClientMetadata } from '../../src/protocol/client-metadata.ts'
import { type FreshStores, someClient } from '../storage/fresh-stores.ts'
import { memoryStores } from '../storage/sqlite-file.ts'
import { systemSecret } from './server.ts'
import { addSigningKeys } from './signing-keys.ts'
import { startPlainWebServer } from './web-server.ts'

export const issuer = 'https://auth.example/'

type Changed = Partial<DeliverLogoutsDeps>

/** The module that delivers logout tokens, with real storage, a real network and a clock of the test. */
export async function logoutDeliveries(over: Changed | ((stores: FreshStores, own: { ring: KeyRing }) => Changed) = {}) {
  const stores = await memoryStores()
  const secrets = { system: [systemSecret] }
  const time = { now: 1_800_000_000_000 }
  const clock = () => time.now
  const lines: { message: string; [fact: string]: unknown }[] = []
  const counted: string[] = []
  const outside = { clock, randomness: systemRandomness, transaction: stores.act }
  const sealer = makeSealer(secrets.system, 'signing-key', systemRandomness)
  const keyDeps = { ...outside, signingKeys: stores.read.signingKeys, sealer, telemetry: silence }
  await addSigningKeys(stores.database, secrets, time.now)
  await openSigningKeys(keyDeps)
  const ring = new KeyRing(keyDeps)
  const fetch = makeFencedFetch()
  const deliver = deliverLogouts({
    ...outside,
    ring,
    issuer,
    clients: stores.read.clients,
    fetch,
    fence: () => ({ allowPrivate: true, exceptions: [] }),
    telemetry: {
      log: (level, message, facts) => void lines.push({ level, message, ...facts }),
      count: (event) => void counted.push(event),
    },
    // Longer than a test takes on a slow machine: a test of the deadline itself sets a short one.
    deadline: 60_000,
    ...(typeof over === 'function' ? over(stores, { ring }) : over),
  })
  return {
    stores,
    time,
    lines,
    counted,
    fetch,
    publishedKeys: publishedKeys({ ring, broadcast: () => [] }),
    /** Runs the job once at the current time of the clock. */
    deliver: (signal: AbortSignal = new AbortController().signal) => deliver({ now: time.now, signal }),
    async addClient(clientId: string, backchannelLogoutUri?: string, more: ClientMetadata = {}): Promise<void> {
      const metadata = backchannelLogoutUri === undefined ? more : { ...more, backchannelLogoutUri }
      await stores.act((tx) => tx.clients.add(someClient(clientId, { metadata })))
    },
    /** One more key for ID tokens and logout tokens, which signs at once. */
    async makeKey(alg: string): Promise<void> {
      const facts = { set: idTokenKeys, kid: alg, createdAt: time.now, signsFrom: time.now }
      const key = await generateKey(alg, 'sig', facts, sealer)
      await stores.act((tx) => tx.signingKeys.add(key))
    },
    /** Queues a logout for each client, as at the end of a session. */
    async queue(...clientIds: readonly string[]): Promise<void> {
      const { now } = time
      const made = clientIds.map((clientId) =>
        newLogoutDelivery({ clientId, generation: 1, sid: `session-of-${clientId}` }, { now, randomness: systemRandomness }),
      )
      await stores.act((tx) => tx.logoutDeliveries.queue(made))
    },
    /** The pending deliveries, due or not. */
    waiting: (): Promise<LogoutDelivery[]> => {
      const far = Number.MAX_SAFE_INTEGER
      return stores.act(async (tx) => {
        const all = await tx.logoutDeliveries.claim(far - 1, far, 1_000)
        for (const { id } of all) await tx.logoutDeliveries.done(id)
        return all
      })
    },
    /** Verifies a logout token as a client does, with the published keys. */
    async verify(token: string, audience: string): Promise<JWTVerifyResult> {
      const keys = createLocalJWKSet({ keys: await this.publishedKeys() } as unknown as JSONWebKeySet)
      return jwtVerify(token, keys, { issuer, audience, typ: 'logout+jwt', currentDate: new Date(time.now) })
    },
    async [Symbol.asyncDispose]() {
      await fetch[Symbol.asyncDispose]()
      await stores[Symbol.asyncDispose]()
    },
  }
}

/** A request to a client's `backchannel_logout_uri`. */
export interface ReceivedLogout {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

/** A client's `backchannel_logout_uri`. It returns 200 by default. */
export async function startLogoutReceiver(answer: (response: ServerResponse, path: string) => void = (response) => response.end()) {
  const received: ReceivedLogout[] = []
  const arrivals = new EventEmitter()
  const web = await startPlainWebServer(async (request, response) => {
    const { method, url: path = '', headers } = request
    received.push({ method, path, headers, form: new URLSearchParams(await text(request)) })
    arrivals.emit('received')
    answer(response, path)
  })
  return {
    ...web,
    received,
    /** Resolves with the requests when there are this many. */
    async receives(count: number): Promise<readonly ReceivedLogout[]> {
      while (received.length < count) await once(arrivals, 'received')
      return received
    },
  }
}
