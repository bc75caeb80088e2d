import { Refusal } from '../../lib/refusal.ts'
import { type ClientMetadata, isEmptyObject, presentMembers, readClientMetadata } from '../../protocol/client-metadata.ts'
import { clientSettingsSchema } from '../../protocol/client-settings.ts'
import { completeMetadata, grantTypesFor } from '../../protocol/metadata-defaults.ts'
import type { MetadataSettings } from '../../protocol/metadata-rule.ts'
import { metadataFindings } from '../../protocol/metadata-rules.ts'
import { type Problem, problem, quote } from '../../protocol/problem.ts'
import { joinScope } from '../../protocol/scope.ts'
import type { Client } from '../clients/client.ts'
import { type DenyReason, decideRegistration, type Granted, type RegistrationPolicy } from '../policies/built-in-policy.ts'

/** The request cannot be registered; every problem that was found, for the caller. */
export interface MetadataRefusal {
  readonly kind: 'metadata-refused'
  readonly problems: readonly Problem[]
}

/** What the rules and the operator's policy make of a request: the metadata to register. `inForce` is the client that is updated. */
export function evaluateRegistration(
  body: unknown,
  settings: MetadataSettings,
  policy: RegistrationPolicy,
  inForce?: Client,
): ClientMetadata {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse([problem('the body', 'must be one JSON object')])
  const members = presentMembers(body)
  const { metadata: asked, problems } = readClientMetadata(members)
  problems.push(...operatorMemberProblems(members))
  if (!inForce && 'client_secret' in members) problems.push(problem('client_secret', 'is made by this server; leave it out'))
  if (problems.length > 0) refuse(problems)
  const { granted, denied } = consultPolicy(asked, policy, inForce)
  const narrowed = granted ? withGranted(asked, granted) : asked
  const findings = metadataFindings('registration', { metadata: narrowed, settings, inForce: inForce?.metadata ?? {} })
  problems.push(...findings.map(({ member, message }) => problem(member, message)), ...denied)
  if (problems.length > 0) refuse(problems)
  return completeMetadata(narrowed, settings, inForce?.metadata)
}

function refuse(problems: readonly Problem[]): never {
  throw new Refusal<MetadataRefusal>({ kind: 'metadata-refused', problems })
}

function consultPolicy(
  asked: ClientMetadata,
  policy: RegistrationPolicy,
  inForce: Client | undefined,
): { granted?: Granted; denied: Problem[] } {
  const verdict = decideRegistration(policy, {
    asked: { ...asked, grantTypes: askedGrantTypes(asked) },
    inForce: inForce?.metadata,
  })
  return verdict.kind === 'allow'
    ? { granted: verdict.granted, denied: [] }
    : { denied: verdict.reasons.map((reason) => denial(reason, asked)) }
}

/** `grant_types` wins; where only `response_types` is given, it decides (RFC 7591 §2.1). */
function askedGrantTypes({ grantTypes = [], responseTypes = [] }: ClientMetadata): readonly string[] | undefined {
  if (grantTypes.length > 0) return grantTypes
  if (responseTypes.length > 0) return grantTypesFor(responseTypes)
  return undefined
}

function denial(reason: DenyReason, { grantTypes = [], responseTypes = [] }: ClientMetadata): Problem {
  switch (reason.kind) {
    case 'wildcard-scope':
      return problem('scope', `${quote(reason.scope)} contains a wildcard (*); ask for each scope by its name`)
    case 'no-usable-grant': {
      const leaves = (values: readonly string[]) => `${quote(values.join(' '))} leaves nothing that this client could use`
      if (grantTypes.length === 0) return problem('response_types', `${leaves(responseTypes)}; use code`)
      return problem('grant_types', `${leaves(grantTypes)}; it may have ${reason.offered.join(', ')}`)
    }
  }
}

function withGranted(asked: ClientMetadata, granted: Granted): ClientMetadata {
  const { scope: _scope, audience: _audience, allowedCorsOrigins: _origins, ...rest } = asked
  return {
    ...rest,
    grantTypes: [...granted.grantTypes],
    ...(granted.scope.length > 0 && { scope: joinScope(granted.scope) }),
    ...(granted.audience && { audience: [...granted.audience] }),
    ...(granted.allowedCorsOrigins && { allowedCorsOrigins: [...granted.allowedCorsOrigins] }),
  }
}

const operatorMembers = Object.keys(clientSettingsSchema.properties)

/**
 * The operator's members: empty and `false` change nothing, anything else is refused. What is in force has no part in the answer, or
 * else guesses could be confirmed.
 */
function operatorMemberProblems(members: Readonly<Record<string, unknown>>): Problem[] {
  return operatorMembers
    .filter((name) => name in members && !isNothing(members[name]))
    .map((name) => problem(name, 'is for the operator of this server to set; leave it out'))
}

const isNothing = (value: unknown): boolean => value === false || (Array.isArray(value) && value.length === 0) || isEmptyObject(value)
