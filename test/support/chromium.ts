import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const applications = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** Flags in addition to those of playwright, which also creates a user data folder and removes it on close. */
const flags = [
  '--headless',
  '--disable-gpu',
  '--no-first-run',
  // Tests use loopback only, so the browser must not use another network.
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Every name under .test resolves to this machine, so that a test can use a foreign origin. No other name resolves.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

interface Candidate {
  readonly path: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Starts a headless Chromium: the one in `CHROMIUM`, or else one on the path, or else the one of the npm package. The caller closes it.
 * If `CHROMIUM` is set and does not start, the launch fails.
 */
export async function launchChromium(): Promise<Browser> {
  const chosen = process.env.CHROMIUM
  const reasons: string[] = []
  const attempt = async ({ path, env }: Candidate): Promise<Browser | undefined> => {
    try {
      return await chromium.launch({
        executablePath: path,
        args: flags,
        chromiumSandbox: process.getuid?.() !== 0,
        ...(env && { env: { ...process.env, ...env } }),
      })
    } catch (error) {
      reasons.push(`${path}: ${firstLines(error)}`)
      return undefined
    }
  }
  for (const path of chosen ? [chosen] : onThisMachine()) {
    const browser = await attempt({ path })
    if (browser) return browser
  }
  if (!chosen) {
    try {
      for (const candidate of await fromPackage()) {
        const browser = await attempt(candidate)
        if (browser) return browser
      }
    } catch (error) {
      reasons.push(`@sparticuz/chromium: ${firstLines(error)}`)
    }
  }
  throw new Error(
    `no Chromium starts; install one with\n  apt-get update && apt-get install -y --no-install-recommends chromium\nor name one: CHROMIUM=/path/to/chromium\n\n${reasons.join('\n\n')}`,
  )
}

/** The browser's error message, without playwright's list of flags. */
const firstLines = (error: unknown): string =>
  String(error)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.includes('<launch'))
    .slice(0, 6)
    .join('\n')

function onThisMachine(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...applications].filter(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The package's Chromium, with and without the package's libraries for machines without `libnss3`. */
async function fromPackage(): Promise<Candidate[]> {
  const folder = await unpack()
  const path = join(folder, 'chromium')
  const env = { FONTCONFIG_PATH: existsSync('/etc/fonts/fonts.conf') ? '/etc/fonts' : join(folder, 'fonts') }
  const libraries = [join(folder, 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter)
  return [
    { path, env },
    { path, env: { ...env, LD_LIBRARY_PATH: libraries } },
  ]
}

/**
 * Unpacks the package once per version and user. The package itself unpacks to fixed names in the temporary folder, where concurrent
 * test processes see incomplete files and another user could place a program. So it unpacks to a private
 * folder, which is renamed when it is complete.
 */
async function unpack(): Promise<string> {
  const lasting = join(tmpdir(), `clientele-chromium-${packageVersion()}-${process.getuid?.() ?? 0}`)
  if (isOurs(lasting)) return lasting
  const fresh = mkdtempSync(join(tmpdir(), 'clientele-chromium-'))
  const script = `import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())`
  // This platform name makes the package unpack its libraries, too.
  const env = { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' }
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      env,
      cwd: import.meta.dirname,
      timeout: 60_000,
    })
    renameSync(fresh, lasting)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    if (!isOurs(lasting)) throw error
  }
  return lasting
}

function isOurs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())) return true
  throw new Error(`${folder} is not a folder of this user`)
}

function packageVersion(): string {
  // build/cjs/index.cjs, because the package does not export its package.json.
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(join(dirname(main), '..', '..', 'package.json'), 'utf8')) as { version: string }
  return version
}
