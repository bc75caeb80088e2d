import type { Client, ClientStore } from '../clients/client.ts'
import type { AuthorizationFlow, LoginDecision, Rejection } from './authorization-flow.ts'
import { type AnswerDeps, type ChallengeDeps, challengeRefused, findChallenged, takeAnswer, type WayBack } from './challenge.ts'

/** A login request as a login application sees it, with the client that sent the browser. */
export interface AskedLogin {
  readonly challenge: string
  readonly flow: AuthorizationFlow
  readonly client: Client
}

/**
 * The login request that has this challenge.
 *
 * @throws Refusal `challenge-unknown` or `challenge-expired`
 */
export function findLogin(deps: ChallengeDeps & { readonly clients: ClientStore }) {
  const find = findChallenged(deps, 'login')
  return async (challenge: string): Promise<AskedLogin> => {
    const flow = await find(challenge)
    const client = await deps.clients.find(flow.clientId)
    if (client?.generation !== flow.generation) throw challengeRefused({ kind: 'challenge-unknown' })
    return { challenge, flow, client }
  }
}

/**
 * Accepts a login request for a subject. Where the flow runs in a session, another subject than the session's restarts the
 * authorization request with a new login, so that no person is logged in to the session of another one.
 *
 * @throws Refusal of a `ChallengeRefusal`
 */
export function acceptLogin(deps: AnswerDeps) {
  const find = findChallenged(deps, 'login')
  return async (challenge: string, accepted: Omit<LoginDecision, 'kind' | 'at'>): Promise<WayBack> => {
    const flow = await find(challenge)
    if (accepted.subject === '') throw challengeRefused({ kind: 'subject-missing' })
    const { known } = flow.session
    if (known && known.subject !== accepted.subject) return restart(deps, flow)
    return decide(deps, flow, { kind: 'accepted', at: deps.clock(), ...accepted, remember: accepted.remember || known !== undefined })
  }
}

/** With `prompt=none` the client gets an error: no page may be shown (OpenID Connect Core §3.1.2.1). */
async function restart(deps: AnswerDeps, flow: AuthorizationFlow): Promise<WayBack> {
  const { url, prompt } = flow.request
  return prompt.includes('none')
    ? decide(deps, flow, loginRequired)
    : { url, add: { prompt: [...new Set(['login', ...prompt])].join(' ') } }
}

const loginRequired: Rejection = {
  kind: 'rejected',
  error: 'login_required',
  description: "The Authorization Server requires End-User authentication. Prompt 'none' was requested, but another person has to log in.",
}

/** @throws Refusal of a `ChallengeRefusal` */
export function rejectLogin(deps: AnswerDeps) {
  const find = findChallenged(deps, 'login')
  return async (challenge: string, rejection: Omit<Rejection, 'kind'>): Promise<WayBack> =>
    decide(deps, await find(challenge), { kind: 'rejected', ...rejection })
}

const decide = (deps: AnswerDeps, flow: AuthorizationFlow, decision: LoginDecision | Rejection): Promise<WayBack> =>
  takeAnswer(deps, 'login', flow, (flows, verifier) => flows.decideLogin(flow.id, decision, verifier))
