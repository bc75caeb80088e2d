import { createSocket } from 'node:dgram'
import { type LookupAddress, Resolver } from 'node:dns'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import type { Resolve } from '../../src/lib/fenced-fetch.ts'

/** A DNS server on loopback that answers what a test tells it to. */
export interface DnsStub extends AsyncDisposable {
  /** What `hostname` resolves to from now on; one list for each question, the last one for all that follow. */
  answer(hostname: string, ...answers: readonly (readonly string[])[]): void
  /** How often `hostname` was asked for, in all types together. */
  asked(hostname: string): number
  /** Asks the stub, as the server asks the system. */
  readonly resolve: Resolve
}

/** Speaks DNS (RFC 1035) over UDP: A and AAAA, no errors but NXDOMAIN. */
export async function startDns(): Promise<DnsStub> {
  const zone = new Map<string, (readonly string[])[]>()
  const counts = new Map<string, number>()
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    const { name, type } = readQuestion(question)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    const answers = zone.get(name)
    // Of the two questions of one look-up, A and AAAA, each sees its own part of the same list.
    const addresses = answers?.[Math.min(Math.ceil((counts.get(name) ?? 1) / 2), answers.length) - 1]
    socket.send(reply(question, type, addresses), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return {
    answer: (hostname, ...answers) => void zone.set(hostname, [...answers]),
    asked: (hostname) => Math.ceil((counts.get(hostname) ?? 0) / 2),
    resolve: (hostname, _options, done) => void lookUp(resolver, hostname).then((found) => done(null, found), done as never),
    async [Symbol.asyncDispose]() {
      resolver.cancel()
      socket.close()
      await once(socket, 'close')
    },
  }
}

async function lookUp(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  const ask = (type: 'resolve4' | 'resolve6') =>
    new Promise<string[]>((resolve, reject) =>
      resolver[type](hostname, (error, found) => (error && error.code !== 'ENODATA' ? reject(error) : resolve(found ?? []))),
    )
  const [v4, v6] = await Promise.all([ask('resolve4'), ask('resolve6')])
  return [...v4.map((address) => ({ address, family: 4 })), ...v6.map((address) => ({ address, family: 6 }))]
}

function readQuestion(message: Buffer): { name: string; type: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1) }
}

const [typeA, typeAaaa] = [1, 28]

function reply(question: Buffer, type: number, addresses: readonly string[] | undefined): Buffer {
  const records = (addresses ?? [])
    .filter((address) => (isIPv4(address) ? typeA : typeAaaa) === type)
    .map((address) => record(type, address))
  const head = Buffer.from(question.subarray(0, 12))
  head.writeUInt16BE(addresses ? 0x8180 : 0x8183, 2)
  head.writeUInt16BE(records.length, 6)
  head.fill(0, 8)
  return Buffer.concat([head, question.subarray(12, endOfQuestion(question)), ...records])
}

function endOfQuestion(message: Buffer): number {
  let at = 12
  while ((message[at] ?? 0) > 0) at += 1 + (message[at] ?? 0)
  return at + 5
}

/** Class IN, a life of 0 seconds; the name is a pointer to the question's. */
function record(type: number, address: string): Buffer {
  const data = type === typeA ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
  return Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]), data])
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  const [first, last] = [words(head), words(tail)]
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}
