import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { hashPassword } from '../app.ts'

/**
 * `clientele generate password-hash`: the hash of a password, for `users`. The password is read from standard input, because arguments are
 * visible in the list of processes.
 */
export async function generatePasswordHash(): Promise<number> {
  const password = process.stdin.isTTY ? await promptHidden() : firstLine(await read(process.stdin))
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

/** `echo` adds a line break that is not part of the password. */
const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? ''

/** Prompts for a password without showing what is typed. */
async function promptHidden(): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() })
  const prompt = createInterface({ input: process.stdin, output: hidden, terminal: true })
  process.stderr.write('Password: ')
  try {
    return await prompt.question('')
  } finally {
    process.stderr.write('\n')
    prompt.close()
  }
}
