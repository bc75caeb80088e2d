import type { Live } from '../../lib/live.ts'
import { askedAudience } from '../../protocol/audience.ts'
import { responseTypesInForce } from '../../protocol/metadata-defaults.ts'
import { isCodeChallenge } from '../../protocol/pkce.ts'
import { parsePrompt } from '../../protocol/prompt.ts'
import { isOfflineScope, splitScope } from '../../protocol/scope.ts'
import { authMethodOf, type Client, grantTypesOf } from '../clients/client.ts'
import { audienceFault, audienceOf, type EntitlementSettings, mayHaveScope, scopesOf } from '../clients/entitlements.ts'
import { standingOf } from '../clients/standing.ts'
import { type AuthorizationRefusal, RefusedToClient, type ResponseTarget } from './authorization-request.ts'

export interface AuthorizationSettings extends EntitlementSettings {
  readonly pkceEnforced: boolean
}

/** What the checks read. The client and the response target have been checked before. */
export interface Asked {
  readonly client: Client
  /** What the browser sent. With a request object, `parameters` are those that result from it. */
  readonly sent: URLSearchParams
  readonly parameters: URLSearchParams
  readonly settings: AuthorizationSettings
}

/** One rule of the standard; returns the refusal, or undefined where the rule is met. */
type Check = (asked: Asked) => AuthorizationRefusal | undefined

/** Parameters that a request may repeat: `resource` by RFC 8707 §2, `audience` as in Hydra. */
const repeatable = ['resource', 'audience']

/** RFC 6749 §3.1: no parameter more than once. Programs that pick different values of two could be played off against each other. */
const noParameterTwice: Check = ({ parameters }) => {
  const seen = new Set<string>()
  // Each is looked up once: anyone may send thousands.
  for (const name of parameters.keys()) {
    if (seen.has(name) && !repeatable.includes(name)) return { kind: 'parameter-sent-twice', name }
    seen.add(name)
  }
  return undefined
}

/** Characters. */
const longest = 10 * 1024

/**
 * After the login the browser sends the whole request again, in a URL, with a verifier and cookies. A request that is too long for the
 * 16 KiB of a request head would fail only then. The limit holds for forms, too, as each flow is stored.
 */
const fitsAnAddress: Check = ({ sent }) => (sent.toString().length > longest ? { kind: 'request-too-long', longest } : undefined)

/** OpenID Connect Core §7.2.1: registration in the request is not offered. */
const noRegistrationParameter: Check = ({ parameters }) => (parameters.get('registration') ? { kind: 'registration-parameter' } : undefined)

/** Where `state` is required, it has Hydra's minimum length. */
const strongState: Check = ({ client, parameters }) =>
  (parameters.get('state') ?? '').length < standingOf(client).shortestState ? { kind: 'state-weak' } : undefined

/** RFC 6749 §3.1.1. */
const knownResponseType: Check = ({ client, parameters }) => {
  const responseType = parameters.get('response_type') ?? ''
  if (responseType === '') return { kind: 'response-type-missing' }
  const isAllowed =
    responseType === 'code' && grantTypesOf(client).includes('authorization_code') && responseTypesInForce(client.metadata).includes('code')
  return isAllowed ? undefined : { kind: 'response-type-unsupported', responseType }
}

/** A request for scopes that the client may not have is refused, as in Hydra, or gets the others (RFC 6749 §3.3). */
const allowedScope: Check = ({ client, parameters, settings }) => {
  if (standingOf(client).excessScope === 'dropped') return undefined
  const excess = splitScope(parameters.get('scope') ?? '').find((scope) => !isAllowedScope(client, scope, settings))
  return excess === undefined ? undefined : { kind: 'scope-unavailable', scope: excess }
}

const isAllowedScope = (client: Client, scope: string, settings: EntitlementSettings): boolean =>
  mayHaveScope(client, scope, settings) || (isOfflineScope(scope) && grantTypesOf(client).includes('refresh_token'))

/** The requested scopes that the client may have; without a scope parameter, the registered ones. */
export function requestedScope({ client, parameters, settings }: Asked): readonly string[] {
  const asked = splitScope(parameters.get('scope') ?? '')
  return asked.length === 0 ? scopesOf(client) : asked.filter((scope) => isAllowedScope(client, scope, settings))
}

/** RFC 8707 §2.1 and Hydra's `audience`. */
const availableAudience: Check = ({ client, parameters, settings }) => {
  const fault = audienceFault(client, askedAudience(parameters), settings)
  if (fault === undefined) return undefined
  return fault.kind === 'audience-not-allowed'
    ? { kind: 'audience-unavailable', audience: fault.audience }
    : { kind: 'resource-unavailable', resource: fault.resource }
}

export const requestedAudience = ({ client, parameters, settings }: Asked): readonly string[] =>
  audienceOf(client, askedAudience(parameters), settings)

/** RFC 7636 §4.3 and RFC 9700 §2.1.1: S256, required of public clients and where the client's standing says so. */
const proofKey: Check = ({ client, parameters, settings }) => {
  const challenge = parameters.get('code_challenge') ?? ''
  const method = parameters.get('code_challenge_method') ?? ''
  const isEnforced = needsProofKey(client, settings)
  if (challenge === '') return isEnforced || method !== '' ? { kind: 'code-challenge-missing' } : undefined
  // RFC 7636 §4.3: an absent method means plain.
  if (method === 'plain' || method === '') return { kind: 'code-challenge-plain', isEnforced: settings.pkceEnforced }
  if (method !== 'S256') return { kind: 'code-challenge-method-unknown' }
  return isCodeChallenge(challenge) ? undefined : { kind: 'code-challenge-malformed' }
}

function needsProofKey(client: Client, settings: AuthorizationSettings): boolean {
  return settings.pkceEnforced || standingOf(client).pkce === 'always' || authMethodOf(client) === 'none'
}

const knownPrompt: Check = ({ parameters }) => {
  const { unknown } = parsePrompt(parameters.get('prompt') ?? '')
  return unknown === undefined ? undefined : { kind: 'prompt-unknown', prompt: unknown }
}

const readableMaxAge: Check = ({ parameters }) =>
  /^(|\d{1,9})$/.test(parameters.get('max_age') ?? '') ? undefined : { kind: 'max-age-malformed' }

/** In this order. The client gets the refusal of the first check that fails. */
const checks: readonly Check[] = [
  fitsAnAddress,
  noParameterTwice,
  noRegistrationParameter,
  strongState,
  knownResponseType,
  allowedScope,
  availableAudience,
  proofKey,
  knownPrompt,
  readableMaxAge,
]

/** @throws RefusedToClient */
export function checkAuthorizationRequest(asked: Asked, target: ResponseTarget): void {
  for (const check of checks) {
    const refusal = check(asked)
    if (refusal) throw new RefusedToClient(target, refusal)
  }
}

export type AuthorizationLive = Live<AuthorizationSettings>
