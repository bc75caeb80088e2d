import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const applications = ['/Applications/Chromium.app/Contents/MacOS/Chromium', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']

/** Only what says why it is needed: playwright adds its own, a fresh user data folder among them, which it removes on close. */
const flags = [
  '--headless',
  '--disable-gpu',
  '--no-first-run',
  // A test touches no network beyond loopback, and neither does its browser.
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Every name under .test is this machine, so that a test can have an attacker's origin; no other name exists.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

interface Candidate {
  readonly path: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * A headless Chromium: the one `CHROMIUM` names, else one on the path, else the one of the npm package. The caller closes it.
 * One that `CHROMIUM` names is taken or the launch fails; a choice that was made is not passed over.
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
    `no Chromium starts here; install one with\n  apt-get update && apt-get install -y --no-install-recommends chromium\nor name one: CHROMIUM=/path/to/chromium\n\n${reasons.join('\n\n')}`,
  )
}

/** What the browser said, without playwright's long list of its flags. */
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

/** The package's Chromium as it is, and with the libraries that the package brings for machines without `libnss3`. */
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
 * Unpacks the package once per version and user. The package itself unpacks into the temporary folder under fixed names, where
 * two test processes meet each other's half-written files and anybody could leave a program of his; so it is given a private
 * folder, which gets its lasting name only when it is complete.
 */
async function unpack(): Promise<string> {
  const lasting = join(tmpdir(), `clientele-chromium-${packageVersion()}-${process.getuid?.() ?? 0}`)
  if (isOurs(lasting)) return lasting
  const fresh = mkdtempSync(join(tmpdir(), 'clientele-chromium-'))
  const script = `import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())`
  // The name of the platform is what makes the package unpack its libraries too.
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
  throw new Error(`${folder} is not ours`)
}

function packageVersion(): string {
  // build/cjs/index.cjs: its package.json is not among what the package exports.
  const main = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const { version } = JSON.parse(readFileSync(join(dirname(main), '..', '..', 'package.json'), 'utf8')) as { version: string }
  return version
}
