import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { sha256 } from './hash.ts'
import type { Randomness } from './random.ts'

/** Seals small values under the first of a list of secrets and opens what any of them sealed. */
export interface Sealer {
  /** @param row what the value belongs to: a sealed value moved to another row does not open */
  seal(plain: string, row: string): string
  /** The value, and whether an older secret sealed it; undefined where no secret of ours did, or somebody changed it. */
  open(sealed: string, row: string): { plain: string; isOld: boolean } | undefined
}

const nonceLength = 12
const tagLength = 16

/**
 * AES-256-GCM under a key of its own for each purpose (HKDF-SHA-256). A sealed value names its key, so that a secret can be rotated:
 * put the new one first, and what the older ones sealed still opens.
 *
 * @param purpose what is sealed, such as `signing-key`: the keys of two purposes have nothing in common
 */
export function makeSealer(secrets: readonly string[], purpose: string, randomness: Randomness): Sealer {
  const keys = secrets.map((secret) => {
    const key = Buffer.from(hkdfSync('sha256', secret, '', `clientele/${purpose}`, 32))
    return { id: sha256(`${purpose}:${key.toString('base64')}`).slice(0, 8), key }
  })
  const [first] = keys
  if (!first) throw new Error('sealing needs a secret')
  return {
    seal(plain, row) {
      const nonce = randomness(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(Buffer.from(row))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return `${first.id}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`
    },
    open(sealed, row) {
      const [id, body = ''] = sealed.split('.')
      const key = keys.find((candidate) => candidate.id === id)
      const bytes = Buffer.from(body, 'base64url')
      if (!key || bytes.length < nonceLength + tagLength) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, nonceLength)).setAAD(Buffer.from(row))
        decipher.setAuthTag(bytes.subarray(-tagLength))
        const plain = decipher.update(bytes.subarray(nonceLength, -tagLength)).toString('utf8') + decipher.final('utf8')
        return { plain, isOld: key !== first }
      } catch {
        return undefined
      }
    },
  }
}
