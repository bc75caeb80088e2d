import type { AuthorizationFault } from '../../core/authorization/find-response-target.ts'
import type { Answer } from '../answer.ts'
import { escapeHtml, page } from './page.ts'

/** Why nobody is sent on: the address is not to be trusted, so the person reads it here. */
export function faultPage(fault: AuthorizationFault): Answer {
  return page(
    400,
    'The app that sent you here is not set up correctly',
    `${explain(fault)}\n<p>You have not been signed in to anything. You can close this page.</p>`,
  )
}

function explain(fault: AuthorizationFault): string {
  switch (fault.kind) {
    case 'client-missing':
      return '<p>It did not say who it is: the parameter <code>client_id</code> is missing.</p>'
    case 'client-unknown':
      return `<p>It is not registered here, or no longer:</p>
${shown(fault.clientId)}
<p>Remove the connection in the app and add it again, so that it registers anew.</p>`
    case 'redirect-uri-missing':
      return '<p>It did not say where to send you back: the parameter <code>redirect_uri</code> is missing.</p>'
    case 'handle-unknown':
      return '<p>This login is not known here, or no longer. Go back to the app and begin again.</p>'
    case 'response-mode-unknown':
      return `<p>It wants its answer in a way that is not known here:</p>
${shown(fault.responseMode)}`
    case 'parameter-doubled':
      return `<p>It sent the parameter <code>${escapeHtml(fault.name)}</code> more than once.</p>`
    case 'redirect-uri-unregistered':
      return `<p>It wants to send you back to an address that it has not registered:</p>
${shown(fault.redirectUri)}
<p>Its makers can mend that: <code>redirect_uri</code> must be one of the registered addresses, character for character.</p>`
  }
}

/** A caller's word, set apart, so that nobody takes it for ours. */
const shown = (value: string): string =>
  `<blockquote><code>${escapeHtml(value.length > 300 ? `${value.slice(0, 300)}…` : value)}</code></blockquote>`
