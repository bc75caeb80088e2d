import { randomUUID } from 'node:crypto'
import type { Browser } from '../support/browser.ts'
import { startServer } from '../support/server.ts'
import { registerClients, scope } from './clients.ts'
import type { Party, Question, Step } from './party.ts'

const requests = '/admin/oauth2/auth/requests'

/** This server, with login and consent applications that remember the login and the grant. */
export async function startOurParty(): Promise<Party & AsyncDisposable> {
  const server = await startServer({
    settings: { oidc: { dynamic_client_registration: { enabled: true, allowed_scope: scope.split(' ') } } },
  })
  // This server remembers consent per person, the other one per browser. So each browser has its own person.
  const persons = new WeakMap<Browser, string>()
  const personAt = (browser: Browser): string => {
    const person = persons.get(browser) ?? `person-${randomUUID()}`
    persons.set(browser, person)
    return person
  }
  const play = async (browser: Browser, location: string): Promise<Step | undefined> => {
    const { searchParams } = new URL(location)
    const kind = (['login', 'consent'] satisfies Question[]).find((one) => searchParams.has(`${one}_challenge`))
    if (!kind) return undefined
    const query = `${kind}_challenge=${searchParams.get(`${kind}_challenge`)}`
    const { json } = await server.admin(`${requests}/${kind}?${query}`)
    const said =
      kind === 'login' ? { subject: personAt(browser), remember: !json.skip } : { grant_scope: json.requested_scope, remember: !json.skip }
    const accepted = await server.admin(`${requests}/${kind}/accept?${query}`, { method: 'PUT', json: said })
    const answer = await browser.get(accepted.json.redirect_to)
    return json.skip ? { answer } : { asked: kind, answer }
  }
  return {
    issuer: server.issuer,
    clients: await registerClients(server),
    public: server.public,
    play,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
