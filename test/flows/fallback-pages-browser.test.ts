import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { barriers } from '../support/accessibility.ts'
import { launchChromium } from '../support/chromium.ts'
import { type FallbackPages, grantedTo, now, password, startFallbackPages } from '../support/fallback-pages.ts'
import { startServer } from '../support/server.ts'

let browser: Browser
before(async () => {
  browser = await launchChromium()
})
after(() => browser.close())

const at = (step: string, challenge = 'known') => `/oauth2/fallbacks/${step}?${step}_challenge=${challenge}`

type Given = NonNullable<Parameters<typeof startFallbackPages>[0]>
interface Look {
  readonly given?: Given
  readonly path: string
  /** The language of the browser; English by default. */
  readonly language?: string
  /** The actions before the page is checked. */
  readonly act?: (page: Page) => Promise<unknown>
}

const onDevice: Given = {
  consent: {
    clientName: 'MCP CLI Client',
    redirectHost: '127.0.0.1:33418',
    firstSeen: now,
    clientUri: undefined,
    policyUri: undefined,
    tosUri: undefined,
  },
}
const hostile: Given = {
  consent: {
    clientName: `\u202e${'Official-Administrator-'.repeat(10)}`,
    redirectHost: `${'very-long-label.'.repeat(12)}example.com`,
    requestedScope: ['openid', 'x'.repeat(200)],
    requestedAudience: [`https://api.example.com/${'y'.repeat(200)}`],
  },
}
const grantsAt = '/oauth2/fallbacks/grants'
const hostileGrants: Given = {
  granted: {
    clients: [
      grantedTo(
        { metadata: { clientName: `\u202e${'Official-Administrator-'.repeat(10)}` } },
        { redirectUris: [`https://${'very-long-label.'.repeat(12)}example.com/`, 'cursor://x/y'], scope: ['openid', 'x'.repeat(200)] },
      ),
    ],
    next: { grantedAt: now, id: 'abc' },
  },
}
const withdrawOutdated = async (page: Page) => {
  await page.evaluate(`document.querySelector('[name=form_token]').value = 'x'`)
  await page.getByRole('button', { name: 'Remove access' }).first().click()
}
const wrongPassword = async (page: Page) => {
  await page.getByLabel('User name').fill('ada')
  await page.getByLabel('Password').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const looks: Readonly<Record<string, Look>> = {
  'sign-in': { path: at('login') },
  'sign-in-wrong': { path: at('login'), act: wrongPassword },
  consent: { path: at('consent') },
  'consent-device': { path: at('consent'), given: onDevice },
  'consent-operators': { path: at('consent'), given: { consent: { verified: true } } },
  'consent-hostile': { path: at('consent'), given: hostile },
  'consent-german': { path: at('consent'), given: { consent: { uiLocales: ['de'], firstSeen: now } } },
  'sign-out': { path: at('logout') },
  'still-signed-in': { path: at('logout'), act: (page) => page.getByRole('button', { name: 'Stay signed in' }).click() },
  grants: { path: grantsAt },
  'grants-withdrawn': { path: grantsAt, act: (page) => page.getByRole('button', { name: 'Remove access' }).first().click() },
  'grants-outdated': { path: grantsAt, act: withdrawOutdated },
  'grants-german': { path: grantsAt, language: 'de' },
  'grants-hostile': { path: grantsAt, given: hostileGrants },
  'grants-none': { path: grantsAt, given: { granted: {} } },
  'grants-nobody': { path: grantsAt, given: { isSignedIn: false } },
  'grants-elsewhere': { path: grantsAt, given: { builtIn: false } },
  'signed-out': { path: '/oauth2/fallbacks/logout/callback' },
  gone: { path: at('login', 'gone') },
  'not-set-up': { path: at('login'), given: { builtIn: false } },
  error: { path: '/oauth2/fallbacks/error?error=invalid_request&error_description=The+request+is+missing+a+required+parameter.' },
}

/** Each page is checked with each of these settings. */
const screens = {
  desktop: { width: 1280, height: 800, colorScheme: 'light' },
  dark: { width: 1280, height: 800, colorScheme: 'dark' },
  phone: { width: 360, height: 740, colorScheme: 'light' },
} as const

/** Asserts no finding of axe and no horizontal overflow (WCAG 2.2 §1.4.10). With `CLIENTELE_SCREENSHOTS` it saves a picture to that folder. */
async function assertGood(page: Page, name: string): Promise<void> {
  assert.deepEqual(await barriers(page), [], name)
  const overhang = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  assert.equal(overhang, 0, name)
  const folder = process.env.CLIENTELE_SCREENSHOTS
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

async function assertGoodOnEveryScreen(name: string, url: string, { act, language = 'en' }: Partial<Look> = {}): Promise<void> {
  const page = await browser.newPage({ locale: language })
  await page.goto(url)
  await act?.(page)
  await page.waitForLoadState()
  for (const [screen, { width, height, colorScheme }] of Object.entries(screens)) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme })
    await assertGood(page, `${name}-${screen}`)
  }
  await page.close()
}

describe('each page has no finding of axe on a desktop and on a phone, in light and dark mode', () => {
  for (const [name, look] of Object.entries(looks))
    test(name, async () => {
      await using pages = await startFallbackPages(look.given)
      await assertGoodOnEveryScreen(name, `${pages.url}${look.path}`, look)
    })

  test('the page for a client that does not exist', async () => {
    await using server = await startServer()
    const url = `${server.publicUrl}/oauth2/auth?client_id=an-old-client`
    await assertGoodOnEveryScreen('unknown-client', url)
    const page = await browser.newPage()
    await page.goto(url)
    const apps = ['Claude', 'Claude Code', 'Cursor', 'VS Code', 'ChatGPT', 'mcp-remote', 'Any other app']
    assert.deepEqual(await page.locator('dt').allTextContents(), apps)
    await page.close()
  })
})

/** The client is at another origin. */
const elsewhere = { landing: (port: number) => `http://client.test:${port}/landed` }

async function withoutScripts(pages: FallbackPages, path: string): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${pages.url}${path}`)
  return page
}

describe('without scripts, by keyboard only', () => {
  test('signing in: the name has the focus, Enter submits, and the browser follows the redirect to another origin', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('login'))
    await page.locator('#username:focus').waitFor()
    await page.keyboard.type('ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await page.waitForURL(/^http:\/\/client\.test:\d+\/landed\?verifier=1$/)
    assert.deepEqual(pages.acts, [['acceptLogin', 'known', { subject: 'user-ada', remember: true, amr: ['pwd'] }]])
    await page.context().close()
  })

  test('a wrong password: the page shows an error, keeps the name, and has an empty password field with the focus', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('login'))
    await wrongPassword(page)
    assert.equal(await page.getByRole('alert').textContent(), 'The user name or the password is wrong.')
    assert.equal(await page.getByLabel('User name').inputValue(), 'ada')
    assert.equal(await page.getByLabel('Password').inputValue(), '')
    await page.locator('#password:focus').waitFor()
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/landed\?verifier=1$/)
    await page.context().close()
  })

  test('cancelling needs no field filled in', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('login'))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL(/\/landed\?verifier=1$/)
    assert.deepEqual(pages.acts, [['rejectLogin', 'known']])
    await page.context().close()
  })

  test('an unchecked scope is not granted', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('consent'))
    await page.getByLabel('Keep access').uncheck()
    await page.getByLabel('See your e-mail address').uncheck()
    await page.getByLabel('Do not ask me again').check()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(/\/landed\?verifier=1$/)
    const accepted = {
      grantScope: ['openid', 'profile', 'notes.read'],
      grantAudience: ['https://mcp.example.com/notes'],
      remember: true,
      idTokenClaims: { name: 'Ada Lovelace', preferred_username: 'ada' },
    }
    assert.deepEqual(pages.acts, [['acceptConsent', 'known', accepted]])
    await page.context().close()
  })

  test('withdrawing: Tab reaches the first button, and the page shows what was done', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, grantsAt)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('status').waitFor()
    assert.equal(await page.getByRole('status').textContent(), 'Claude no longer has access.')
    assert.equal(await page.getByRole('button', { name: 'Remove access' }).count(), 1)
    assert.deepEqual(pages.acts, [['withdraw', 'claude', { subject: 'user-ada', actor: 'person' }]])
    await page.context().close()
  })

  test('the consent page links to the grants page, which opens in another tab', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('consent'))
    const [beside] = await Promise.all([page.context().waitForEvent('page'), page.getByRole('link', { name: 'Apps with access' }).click()])
    await beside.getByRole('heading', { name: 'Apps with access' }).waitFor()
    assert.equal(new URL(beside.url()).pathname, grantsAt)
    assert.match(page.url(), /consent_challenge=known/)
    await page.context().close()
  })

  test('denying, and signing out', async () => {
    await using pages = await startFallbackPages(elsewhere)
    const page = await withoutScripts(pages, at('consent'))
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.waitForURL(/\/landed\?verifier=1$/)
    await page.goto(`${pages.url}${at('logout')}`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/\/landed\?verifier=1$/)
    assert.deepEqual(pages.acts, [
      ['rejectConsent', 'known'],
      ['acceptLogout', 'known'],
    ])
    await page.context().close()
  })
})

test('a page of another site can neither submit the form nor frame the page', async () => {
  await using pages = await startFallbackPages()
  const page = await browser.newPage()
  await page.goto(`${pages.url.replace('127.0.0.1', 'evil.test')}/landed`)
  await page.setContent(`<form method="post" action="${pages.url}/oauth2/fallbacks/consent">
    <input name="consent_challenge" value="known"><input name="action" value="allow"><button>free money</button></form>`)
  const [answer] = await Promise.all([page.waitForNavigation(), page.getByRole('button').click()])
  assert.equal(answer?.status(), 403)
  await page.goto(`${pages.url.replace('127.0.0.1', 'evil.test')}/landed`)
  const token = /name="form_token" value="([^"]+)"/.exec((await pages.ask(grantsAt)).text)?.[1]
  await page.setContent(`<form method="post" action="${pages.url}${grantsAt}">
    <input name="client_id" value="claude"><input name="form_token" value="${token}"><button>free money</button></form>`)
  const [withdrawal] = await Promise.all([page.waitForNavigation(), page.getByRole('button').click()])
  assert.equal(withdrawal?.status(), 403)
  assert.deepEqual(pages.acts, [])
  await page.goto(`${pages.url.replace('127.0.0.1', 'evil.test')}/landed`)
  for (const path of [at('consent'), grantsAt]) {
    const refused = page.waitForEvent('requestfailed')
    await page.setContent(`<iframe src="${pages.url}${path}"></iframe>`)
    assert.match((await refused).failure()?.errorText ?? '', /BLOCKED_BY_RESPONSE/, path)
  }
  await page.close()
})
