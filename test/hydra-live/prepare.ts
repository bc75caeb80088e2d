import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { recordSecrets } from '../support/leaks.ts'
import type { Exchange } from './exchange.ts'

/** A step that creates a value for later ones: a key pair, or a JWT signed with one. */
interface Preparation {
  readonly prepare:
    | { readonly keypair: string; readonly alg?: string }
    | { readonly jwt: { readonly key: string; readonly as: string; readonly claims: Readonly<Record<string, unknown>> } }
}

/**
 * The exchanges of a file whose requests need keys and signatures, ready to be sent: the keys and JWTs are created, and the placeholders
 * (`${jb2.jwk}`, `${b1}`, `${now+300}`) are replaced.
 */
export async function prepared(steps: readonly (Exchange | Preparation)[], publicUrl: string): Promise<Exchange[]> {
  const values = new Map<string, unknown>([['run', `r${randomBytes(4).toString('hex')}`]])
  const keys = new Map<string, { alg: string; privateKey: CryptoKey }>()
  const exchanges: Exchange[] = []
  for (const step of steps) {
    if (!('prepare' in step)) exchanges.push(filled(step, values) as Exchange)
    else if ('keypair' in step.prepare) {
      const { keypair, alg = 'RS256' } = step.prepare
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
      keys.set(keypair, { alg, privateKey })
      values.set(`${keypair}.jwk`, { ...(await exportJWK(publicKey)), kid: keypair, alg, use: 'sig' })
    } else {
      const { key, as, claims } = step.prepare.jwt
      const { alg, privateKey } = keys.get(key) ?? {}
      if (alg === undefined || privateKey === undefined) throw new Error(`no step made the key ${key}`)
      const payload = JSON.parse(JSON.stringify(filled(claims, values)).replaceAll('<url:public>', publicUrl))
      const signed = await new SignJWT(payload).setProtectedHeader({ alg, kid: key }).sign(privateKey)
      recordSecrets(signed)
      values.set(as, signed)
    }
  }
  return exchanges
}

function filled(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') {
    const [, whole] = /^\$\{([^}]+)\}$/.exec(value) ?? []
    if (whole !== undefined) return made(whole, values)
    return value.replace(/\$\{([^}]+)\}/g, (_, name: string) => String(made(name, values)))
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, values)]))
}

function made(name: string, values: ReadonlyMap<string, unknown>): unknown {
  const [, offset] = /^now([+-]\d+)?$/.exec(name) ?? []
  if (name.startsWith('now')) return Math.floor(Date.now() / 1000) + Number(offset ?? 0)
  if (!values.has(name)) throw new Error(`no step made ${name}`)
  return values.get(name)
}
