import { usableKeys } from './jwks.ts'
import type { Checked } from './metadata-rule.ts'
import { metadataFindings, type RuleFinding, type RuleId, type Stage } from './metadata-rules.ts'

/** Why Hydra would not take a client: its two families of errors, with its own words. */
export type HydraFault =
  | { readonly family: 'decode'; readonly text: string }
  | { readonly family: 'metadata'; readonly hint: string }
  | { readonly family: 'redirect'; readonly hint: string }

export class HydraFaultError extends Error {
  readonly fault: HydraFault
  constructor(fault: HydraFault) {
    super(fault.family)
    this.fault = fault
  }
}

export const decode = (text: string) => new HydraFaultError({ family: 'decode', text })
export const refuse = (hint: string) => new HydraFaultError({ family: 'metadata', hint })
const refuseRedirect = (hint: string) => new HydraFaultError({ family: 'redirect', hint })

const decodeMember = ({ member, message }: RuleFinding) => decode(`${member} ${message}`)

/** What Hydra says instead of us. A rule of the admin face alone speaks in Hydra's words already. */
const words: { readonly [Id in RuleId]?: (finding: RuleFinding) => HydraFaultError } = {
  'languages-are-given-once': decodeMember,
  'tagged-names-are-readable': decodeMember,
  'assertions-have-keys': () => refuse("When token_endpoint_auth_method is 'private_key_jwt', either jwks or jwks_uri must be set."),
  'assertion-alg-is-supported': () =>
    refuse(
      'Only RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512 are supported as algorithms for private key authentication.',
    ),
  'keys-are-given-once': () => refuse('Fields jwks and jwks_uri can not both be set, you must choose one.'),
  'keys-are-a-set': () => decode('jwks.keys must be an array'),
  'keys-are-asymmetric': () => refuse('Invalid JSON web key in set.'),
  'fetched-uris-are-reachable': ({ member, message }) =>
    refuse(`Client IP address is not allowed: key ${member.replace(/\[.*/, '')} validation is failing: ${message}`),
  'redirect-uris-are-not-dangerous': ({ message }) => refuseRedirect(message),
  'subject-type-is-supported': ({ value, supported = [] }) =>
    refuse(`Subject type ${value} is not supported by server, only [${supported.join(' ')}] are allowed.`),
  'key-set-is-bounded': ({ message }) => refuse(`Field jwks ${message}.`),
  'keys-are-usable': () => decode(`jwks.keys holds a key that is not valid: ${usableKeys}`),
  'response-algs-are-supported': ({ member, supported = [] }) => refuse(`Field ${member} can ${choiceOf(supported)}.`),
}

function choiceOf(values: readonly string[]): string {
  const [last, ...others] = values.map((one) => `'${one}'`).reverse()
  return `${others.length > 0 ? `either be ${others.reverse().join(', ')} or` : 'only be'} ${last}`
}

/**
 * The rules of the admin face.
 *
 * @throws HydraFaultError the first thing that is wrong, in Hydra's order and words
 */
export function checkHydraMetadata(checked: Checked, stage: Stage): void {
  const [first] = metadataFindings('admin', checked, stage)
  if (first) throw words[first.rule]?.(first) ?? refuse(first.message)
}
