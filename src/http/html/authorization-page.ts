import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'
import type { Response } from '../server/response.ts'
import { gonePage } from './notice-page.ts'
import { escapeHtml, filled, page, quoted } from './page.ts'
import { plainWords, type Words } from './words.ts'

/** The page instead of a redirect: the redirect URI cannot be trusted. */
export function faultPage(fault: AuthorizationFault, words: Words = plainWords): Response {
  if (fault.kind === 'handle-unknown') return gonePage(words, 400)
  const main = `${explain(fault, words)}\n<p class="soft">${escapeHtml(words.fault.nothing)}</p>`
  return page(400, words.fault.title, main, { language: words.language })
}

function explain(fault: Exclude<AuthorizationFault, { kind: 'handle-unknown' }>, words: Words): string {
  const { fault: said } = words
  const about = (sentence: string, parameter: string) => `<p>${filled(sentence, { parameter: `<code>${parameter}</code>` })}</p>`
  switch (fault.kind) {
    case 'client-missing':
      return about(said.clientMissing, 'client_id')
    case 'client-unknown':
      return `${about(said.clientUnknown, '')}\n${quoted(fault.clientId)}\n${howToReset(words)}`
    case 'redirect-uri-missing':
      return about(said.redirectMissing, 'redirect_uri')
    case 'response-mode-unknown':
      return `${about(said.responseModeUnknown, '')}\n${quoted(fault.responseMode)}`
    case 'parameter-doubled':
      return about(said.doubled, escapeHtml(fault.name))
    case 'redirect-uri-unregistered':
      return `${about(said.redirectUnknown, '')}\n${quoted(fault.redirectUri)}\n${about(said.developer, 'redirect_uri')}`
  }
}

/** An app that stored the id of a deleted client leads to this page each time. These steps reset the known apps. */
function howToReset({ fault: { apps, ...said } }: Words): string {
  const code = (text: string) => `<code>${escapeHtml(text)}</code>`
  // The names of the menus change from time to time.
  const ways: readonly [app: string, way: string][] = [
    ['Claude', escapeHtml(apps.claude)],
    ['Claude Code', filled(apps.claudeCode, { command: code('/mcp'), remove: code('claude mcp remove NAME') })],
    ['Cursor', filled(apps.cursor, { command: code('Cursor: Clear All MCP Tokens') })],
    ['VS Code', filled(apps.vsCode, { command: code('Authentication: Remove Dynamic Authentication Providers') })],
    ['ChatGPT', escapeHtml(apps.chatGpt)],
    ['mcp-remote', filled(apps.mcpRemote, { command: code('rm -rf ~/.mcp-auth') })],
    [said.otherApps, escapeHtml(said.otherAppsReset)],
  ]
  return `<h2>${escapeHtml(said.resetTitle)}</h2>
<p>${escapeHtml(said.reset)}</p>
<dl>
${ways.map(([app, way]) => `<dt>${escapeHtml(app)}</dt><dd>${way}</dd>`).join('\n')}
</dl>`
}
