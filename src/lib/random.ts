import { randomFillSync } from 'node:crypto'

/** Returns unpredictable bytes. Injected, so that a test can determine them. */
export type Randomness = (bytes: number) => Uint8Array

const pool = new Uint8Array(4096)
let used = pool.length

/** The randomness of the kernel, read in blocks of 4 KiB, so that one system call is enough for about a hundred ids. */
export const systemRandomness: Randomness = (bytes) => {
  if (bytes > pool.length) return randomFillSync(new Uint8Array(bytes))
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const drawn = pool.slice(used, used + bytes)
  pool.fill(0, used, used + bytes)
  used += bytes
  return drawn
}

/** A text of `length` characters, chosen uniformly from `alphabet` (at most 128 characters); bytes beyond the alphabet are skipped. */
export function randomText(randomness: Randomness, length: number, alphabet: string): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomness(length * 2)) {
      const index = byte & 127
      if (index < alphabet.length && text.length < length) text += alphabet[index]
    }
  }
  return text
}

/** A UUID of version 4 (RFC 9562 §5.4). */
export function randomUuid(randomness: Randomness): string {
  const bytes = randomness(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return hyphenated(bytes)
}

function hyphenated(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** A UUID of version 7 (RFC 9562 §5.7). It begins with the time, so that consecutive rows are neighbours in an index. */
export function timedUuid(randomness: Randomness, now: number): string {
  const bytes = randomness(16)
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(
    0,
    (BigInt(now) << 16n) | 0x7000n | BigInt(((bytes[6] ?? 0) << 8) & 0x0f00) | BigInt(bytes[7] ?? 0),
  )
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return hyphenated(bytes)
}

/** The time of a UUID of version 7, in milliseconds; undefined for any other text. */
export function timeOfUuid(text: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.exec(text) ?? []
  return high === undefined ? undefined : Number.parseInt(`${high}${low}`, 16)
}

/** 256 random bits with a prefix by which people and scanners recognise the kind of secret. */
export function randomToken(randomness: Randomness, prefix: string): string {
  return prefix + Buffer.from(randomness(32)).toString('base64url')
}
