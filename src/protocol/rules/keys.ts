import { isKept, isUsableKey, type Jwk, keySetSizeFault, knownPublicHalf, secretMembers, usableKeys } from '../jwks.ts'
import { type Check, type Checked, found } from '../metadata-rule.ts'

// The words never quote a key.

/** RFC 7591 §2: `jwks` and `jwks_uri` never together. */
export const keysAreGivenOnce: Check = ({ metadata }) =>
  metadata.jwks && metadata.jwksUri !== undefined ? found('jwks', 'and jwks_uri must not both be given; choose one') : []

export const keysAreASet: Check = ({ metadata }) =>
  metadata.jwks && !Array.isArray(metadata.jwks.keys) ? found('jwks', "must be a JWK Set: an object with a 'keys' array") : []

/** OpenID Connect Registration §2. */
export const keysAreAsymmetric: Check = (checked) => firstOf(checked, isSymmetric, 'is symmetric; only public keys may be registered')

export const keysArePublic: Check = (checked) =>
  firstOf(
    checked,
    (key) => !isSymmetric(key) && secretMembers.some((member) => member in key),
    'holds private key material; register the public half only',
  )

/** A set that does not grow stays allowed. */
export const keySetIsBounded: Check = ({ metadata, inForce }) =>
  found('jwks', keySetSizeFault(keysOf({ metadata }).map(knownPublicHalf), inForce.jwks?.keys))

/** A larger set is refused for its size: what its keys are worth costs time to find out. */
export const keysAreUsable: Check = (checked) => {
  if (keySetIsBounded(checked).length > 0) return []
  const before = checked.inForce.jwks?.keys ?? []
  const isUnusable = (key: Jwk) => !isSymmetric(key) && !isUsableKey(key) && !isKept(before, key)
  return firstOf(checked, isUnusable, `is not a valid public key: ${usableKeys}`)
}

const isSymmetric = (key: Jwk): boolean => key.kty === 'oct'

/** What is no object is looked at as a key without members. */
const keysOf = ({ metadata }: Pick<Checked, 'metadata'>): readonly Jwk[] => {
  const keys: unknown = metadata.jwks?.keys
  return Array.isArray(keys) ? keys.map((key: unknown) => (typeof key === 'object' && key !== null ? (key as Jwk) : {})) : []
}

function firstOf(checked: Checked, isWrong: (key: Jwk) => boolean, message: string) {
  const at = keysOf(checked).findIndex(isWrong)
  return found('jwks', at < 0 ? undefined : `keys[${at}] ${message}`)
}
