import type { ConsentDecision, LoginDecision, Rejection } from '../../core/authorization/authorization-flow.ts'
import { refused } from '../errors/refusals.ts'
import { jsonBody } from '../server/body.ts'
import { queryParameter } from '../server/parameters.ts'
import type { Request } from '../server/request.ts'
import { adminJson } from './admin-json.ts'

/**
 * The challenge of the request that an application answers: `login_challenge` and the like, or Hydra's older `challenge`.
 *
 * @throws Refusal `challenge-missing`
 */
export function challengeOf(request: Request, step: 'login' | 'consent' | 'logout'): string {
  const challenge = queryParameter(request, `${step}_challenge`) ?? queryParameter(request, 'challenge')
  if (challenge === undefined) throw refused({ kind: 'challenge-missing' })
  return challenge
}

const malformed = (message: string) => refused({ kind: 'answer-malformed', message })

/** PostgreSQL rejects NUL, and a lone surrogate does not survive UTF-8: such a subject could not be found again. */
const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed() && !value.includes('\0')

/** The members of a JSON object, with their types checked; `null` counts as absent. */
class Members {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('The body must be a JSON object.')
    this.#members = value as Record<string, unknown>
  }

  text(name: string): string {
    return this.#of(name, 'a string without NUL and half characters', '', isText)
  }

  flag(name: string): boolean {
    return this.#of(name, 'a boolean', false, (value) => typeof value === 'boolean')
  }

  /** Seconds. */
  seconds(name: string): number {
    const isSeconds = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 10 ** 10
    return this.#of(name, 'a whole number of seconds, 0 or more', 0, isSeconds)
  }

  texts(name: string): readonly string[] {
    const isTexts = (value: unknown) => Array.isArray(value) && value.length <= 1_000 && value.every(isText)
    return this.#of<readonly string[]>(name, 'a list of strings without NUL and half characters', [], isTexts)
  }

  object(name: string): Readonly<Record<string, unknown>> {
    return this.#of(name, 'an object', {}, (value) => typeof value === 'object' && !Array.isArray(value))
  }

  any(name: string): unknown {
    return this.#members[name] ?? null
  }

  #of<Value>(name: string, wanted: string, absent: Value, fits: (value: unknown) => boolean): Value {
    const value = this.#members[name]
    if (value === undefined || value === null) return absent
    if (!fits(value)) throw malformed(`${name}: must be ${wanted}.`)
    return value as Value
  }
}

const membersOf = (request: Request): Members => new Members(jsonBody(request, adminJson))

export function loginAcceptance(request: Request): Omit<LoginDecision, 'kind' | 'at'> {
  const members = membersOf(request)
  return {
    subject: members.text('subject'),
    remember: members.flag('remember'),
    rememberFor: members.seconds('remember_for'),
    extendSessionLifespan: members.flag('extend_session_lifespan'),
    acr: members.text('acr'),
    amr: members.texts('amr'),
    context: members.any('context'),
    forceSubjectIdentifier: members.text('force_subject_identifier'),
  }
}

export function consentAcceptance(request: Request): Omit<ConsentDecision, 'kind' | 'at'> {
  const members = membersOf(request)
  const session = new Members(members.object('session'))
  return {
    grantScope: [...new Set(members.texts('grant_scope').flatMap((scope) => scope.split(' ')))].filter((scope) => scope !== ''),
    grantAudience: [...new Set(members.texts('grant_access_token_audience'))],
    remember: members.flag('remember'),
    rememberFor: members.seconds('remember_for'),
    accessTokenClaims: session.object('access_token'),
    idTokenClaims: session.object('id_token'),
    context: members.any('context'),
  }
}

/** Hydra's members of a rejection: the hint is appended to the description, `error_debug` is ignored. */
export function rejection(request: Request, step: 'login' | 'consent'): Omit<Rejection, 'kind'> {
  const members = membersOf(request)
  const [description, hint] = [members.text('error_description'), members.text('error_hint')]
  return {
    error: members.text('error') || `${step} request denied`,
    description: [description, hint].filter((text) => text !== '').join(' '),
  }
}
