import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closeToOthers } from '../lib/close-to-others.ts'
import { type Randomness, randomToken, randomUuid } from '../lib/random.ts'

/**
 * The system secret of a developer's machine. It is generated once and stored in `.clientele/secrets.system`, which only its owner can
 * read. Two processes that start together get the same one, because a link is created with the whole file or fails.
 *
 * @param closed is called if other users could read the file, after its permissions were corrected
 * @throws NodeJS.ErrnoException if the file can be neither read nor created
 */
export function keptSystemSecret(workingDirectory: string, randomness: Randomness, closed: (file: string) => void): string {
  const folder = join(workingDirectory, '.clientele')
  const path = join(folder, 'secrets.system')
  const kept = readIfThere(path)
  if (kept !== undefined) {
    if ([folder, path].map(closeToOthers).includes('closed')) closed('.clientele/secrets.system')
    return kept
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `secrets.system.${randomUuid(randomness)}`)
  writeFileSync(draft, `${randomToken(randomness, '')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return readFileSync(path, 'utf8').trim()
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
