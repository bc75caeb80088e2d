import { createSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { isIPv4 } from 'node:net'

/** How queries for one type fail: without a response, or with SERVFAIL (RCODE 2). */
type Failure = 'silent' | 'SERVFAIL'

/** A DNS server on loopback with answers from the test. */
export interface DnsStub extends AsyncDisposable {
  /** Sets what `hostname` resolves to: one list for each look-up, the last one for all later look-ups. */
  answer(hostname: string, ...answers: readonly (readonly string[])[]): void
  /** Lets later queries of this type for this name or a name below it fail. */
  fail(domain: string, type: 'A' | 'AAAA', how: Failure): void
  /** The number of look-ups of `hostname`: the queries for A and AAAA count as one. */
  asked(hostname: string): number
  /** The number of names below this one that were queried. */
  askedBelow(domain: string): number
  /** Emits `question` for each query. */
  readonly questions: EventEmitter
  /** The address of this server, as a list of name servers. */
  readonly servers: readonly string[]
}

/** Starts a DNS server (RFC 1035) over UDP with A and AAAA records; every unknown name is NXDOMAIN. */
export async function startDns(): Promise<DnsStub> {
  const zone = new Map<string, (readonly string[])[]>()
  const failures = new Map<string, Failure>()
  const counts = new Map<string, number>()
  const questions = new EventEmitter()
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    const { name, type } = readQuestion(question)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    questions.emit('question')
    const [, failure] = [...failures].find(([failing]) => isBelow(`${type} ${name}`, failing)) ?? []
    if (failure === 'silent') return
    const answers = zone.get(name)
    // The A and the AAAA query of one look-up each get their part of the same list.
    const addresses = answers?.[Math.min(Math.ceil((counts.get(name) ?? 1) / 2), answers.length) - 1]
    socket.send(failure ? reply(question, { code: 2 }) : reply(question, { code: addresses ? 0 : 3, type, addresses }), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    answer: (hostname, ...answers) => void zone.set(hostname, [...answers]),
    fail: (domain, type, how) => void failures.set(`${type === 'A' ? typeA : typeAaaa} ${domain}`, how),
    asked: (hostname) => Math.ceil((counts.get(hostname) ?? 0) / 2),
    askedBelow: (domain) =>
      counts
        .keys()
        .filter((name) => name.endsWith(`.${domain}`))
        .toArray().length,
    questions,
    servers: [`127.0.0.1:${socket.address().port}`],
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Whether `failing` covers the query `asked`; both are a type and a name. */
function isBelow(asked: string, failing: string): boolean {
  const [[type, name = ''], [failingType, domain = '']] = [asked.split(' '), failing.split(' ')]
  return type === failingType && (name === domain || name.endsWith(`.${domain}`))
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

/** @param answer `code` is the RCODE: 0 no error, 2 SERVFAIL, 3 NXDOMAIN */
function reply(
  question: Buffer,
  { code, type = 0, addresses = [] }: { code: number; type?: number; addresses?: readonly string[] | undefined },
): Buffer {
  const records = addresses.filter((address) => (isIPv4(address) ? typeA : typeAaaa) === type).map((address) => record(type, address))
  const head = Buffer.from(question.subarray(0, 12))
  head.writeUInt16BE(0x8180 + code, 2)
  head.writeUInt16BE(records.length, 6)
  head.fill(0, 8)
  return Buffer.concat([head, question.subarray(12, endOfQuestion(question)), ...records])
}

function endOfQuestion(message: Buffer): number {
  let at = 12
  while ((message[at] ?? 0) > 0) at += 1 + (message[at] ?? 0)
  return at + 5
}

/** Class IN, TTL 0; the name is a pointer to that of the question. */
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
