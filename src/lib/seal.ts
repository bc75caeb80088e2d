import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { sha256 } from './hash.ts'
import type { Randomness } from './random.ts'

/** Encrypts ("seals") small values with the first of a list of secrets, and decrypts ("opens") those of any of them. */
export interface Sealer {
  /** @param row the id of the row, which is authenticated: the value cannot be opened in another row */
  seal(plain: string, row: string): string
  /** The value, and whether an older secret sealed it; undefined if none of the secrets did, or if it was changed. */
  open(sealed: string, row: string): { plain: string; isOld: boolean } | undefined
}

const nonceLength = 12
const tagLength = 16

/**
 * AES-256-GCM with a separate key for each purpose (HKDF-SHA-256). A sealed value contains the id of its key, so that a secret can be
 * rotated: the new one comes first in the list, and values of the older ones can still be opened.
 *
 * @param purpose the kind of value, such as `signing-key`; each purpose has independent keys
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
