import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { hashPassword } from '../app.ts'

/** `clientele generate password-hash`: the hash of a password, for `users`. It is read from standard input, so that no list of processes shows it. */
export async function generatePasswordHash(): Promise<number> {
  const password = process.stdin.isTTY ? await askUnseen() : firstLine(await read(process.stdin))
  if (password === '') {
    console.error('clientele: no password was given; type one, or send it on standard input')
    return 1
  }
  console.log(await hashPassword(password))
  return 0
}

async function read(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

/** `echo` sends a line break that is no part of the password. */
const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

/** What is typed is not shown. */
async function askUnseen(): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: unseen, terminal: true })
  process.stderr.write('Password: ')
  try {
    return await prompt.question('')
  } finally {
    process.stderr.write('\n')
    prompt.close()
  }
}
