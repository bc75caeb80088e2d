import type { Check, Checked, Face, Finding } from './metadata-rule.ts'
import * as algorithms from './rules/algorithms.ts'
import * as authentication from './rules/authentication.ts'
import * as keys from './rules/keys.ts'
import * as kinds from './rules/kinds.ts'
import * as names from './rules/names.ts'
import * as redirects from './rules/redirects.ts'
import * as sizes from './rules/sizes.ts'
import * as urls from './rules/urls.ts'

/**
 * When an administrator's request is checked: as Hydra does, before the client is looked for, or once it is known what the client has
 * already. On the registration face all rules run together.
 */
export type Stage = 'request' | 'client'

export interface Rule {
  readonly id: string
  readonly faces: readonly Face[]
  /** Only on the admin face; `request` unless it is said. */
  readonly stage?: Stage
  readonly check: Check
}

const both: readonly Face[] = ['registration', 'admin']
const registration: readonly Face[] = ['registration']
const admin: readonly Face[] = ['admin']

/**
 * All rules about client metadata, in the order in which they are reported; the admin face reports the first finding only, and the
 * order is Hydra's. A rule of the admin face alone is Hydra's relaxed form of one of the registration face.
 */
export const metadataRules = [
  { id: 'languages-are-given-once', faces: both, check: names.languagesAreGivenOnce },
  { id: 'tagged-names-are-readable', faces: admin, check: names.taggedNamesAreReadable },
  { id: 'redirect-uris-are-safe', faces: registration, check: redirects.redirectUrisAreSafe },
  { id: 'redirect-uris-are-bounded', faces: registration, check: sizes.redirectUrisAreBounded },
  { id: 'redirect-grants-have-redirect-uris', faces: registration, check: redirects.redirectGrantsHaveRedirectUris },
  { id: 'auth-method-is-supported', faces: registration, check: authentication.authMethodIsSupported },
  { id: 'assertions-have-keys', faces: both, check: authentication.assertionsHaveKeys },
  { id: 'assertion-alg-is-supported', faces: both, check: authentication.assertionAlgIsSupported },
  { id: 'assertion-alg-is-not-none', faces: registration, check: authentication.assertionAlgIsNotNone },
  { id: 'keys-are-given-once', faces: both, check: keys.keysAreGivenOnce },
  { id: 'keys-are-a-set', faces: both, check: keys.keysAreASet },
  { id: 'keys-are-asymmetric', faces: both, check: keys.keysAreAsymmetric },
  { id: 'keys-are-public', faces: registration, check: keys.keysArePublic },
  { id: 'metadata-is-bounded', faces: registration, check: sizes.metadataIsBounded },
  { id: 'contacts-are-bounded', faces: registration, check: sizes.contactsAreBounded },
  { id: 'fetched-uris-are-reachable', faces: both, check: urls.fetchedUrisAreReachable },
  { id: 'pages-are-web-pages', faces: registration, check: urls.pagesAreWebPages },
  { id: 'pages-are-http-uris', faces: admin, check: urls.pagesAreHttpUris },
  { id: 'logout-receiver-has-no-fragment', faces: registration, check: urls.logoutReceiverHasNoFragment },
  { id: 'browser-targets-are-secure', faces: registration, check: urls.browserTargetsAreSecure },
  { id: 'cors-origins-are-origins', faces: admin, check: urls.corsOriginsAreOrigins },
  { id: 'redirect-uris-are-not-dangerous', faces: admin, check: redirects.redirectUrisAreNotDangerous },
  { id: 'application-type-is-known', faces: registration, check: kinds.applicationTypeIsKnown },
  { id: 'subject-type-is-supported', faces: both, check: kinds.subjectTypeIsSupported },
  { id: 'pairwise-subjects-have-one-sector', faces: registration, check: kinds.pairwiseSubjectsHaveOneSector },
  { id: 'logout-returns-to-a-redirect-host', faces: registration, check: redirects.logoutReturnsToARedirectHost },
  { id: 'logout-returns-to-a-redirect-origin', faces: admin, check: redirects.logoutReturnsToARedirectOrigin },
  { id: 'names-are-not-deceptive', faces: registration, check: names.namesAreNotDeceptive },
  { id: 'request-object-alg-is-supported', faces: registration, check: algorithms.requestObjectAlgIsSupported },
  { id: 'key-set-is-bounded', faces: both, stage: 'client', check: keys.keySetIsBounded },
  { id: 'keys-are-usable', faces: both, stage: 'client', check: keys.keysAreUsable },
  { id: 'response-algs-are-supported', faces: both, stage: 'client', check: algorithms.responseAlgsAreSupported },
] as const satisfies readonly Rule[]

export type RuleId = (typeof metadataRules)[number]['id']
export type RuleFinding = Finding & { readonly rule: RuleId }

/** What is wrong with metadata that comes in by this face, by all of its rules or those of one stage. */
export function metadataFindings(face: Face, checked: Checked, stage?: Stage): RuleFinding[] {
  return metadataRules
    .filter((rule: Rule) => rule.faces.includes(face) && (stage === undefined || (rule.stage ?? 'request') === stage))
    .flatMap(({ id, check }) => check(checked).map((finding) => ({ ...finding, rule: id })))
}
