import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A self-signed certificate and its key, both as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Creates a certificate for these names and IPv4 addresses (RFC 5280), valid today, without a tool or package. */
export function selfSigned(names: readonly string[], addresses: readonly string[] = []): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = toBeSigned(publicKey, names, addresses)
  const signature = sign('sha256', body, privateKey)
  const cert = sequence(body, ecdsaWithSha256, element(0x03, Buffer.concat([Buffer.of(0), signature])))
  return { cert: pem('CERTIFICATE', cert), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

function toBeSigned(publicKey: KeyObject, names: readonly string[], addresses: readonly string[]): Buffer {
  const name = sequence(element(0x31, sequence(oid('550403'), element(0x0c, Buffer.from('clientele test')))))
  const validity = sequence(time(Date.now() - 86_400_000), time(Date.now() + 86_400_000))
  const altNames = sequence(
    ...names.map((one) => element(0x82, Buffer.from(one))),
    ...addresses.map((one) => element(0x87, Buffer.from(one.split('.').map(Number)))),
  )
  const extensions = sequence(
    sequence(oid('551d11'), element(0x04, altNames)),
    sequence(oid('551d13'), element(0x01, Buffer.of(0xff)), element(0x04, sequence(element(0x01, Buffer.of(0xff))))),
  )
  const version3 = element(0xa0, element(0x02, Buffer.of(2)))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return sequence(version3, element(0x02, Buffer.of(1)), ecdsaWithSha256, name, validity, name, spki, element(0xa3, extensions))
}

/** One DER element: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  const head = length < 0x80 ? [tag, length] : [tag, ...long]
  return Buffer.concat([Buffer.from(head), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(parts))
const oid = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const time = (at: number): Buffer => element(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`
