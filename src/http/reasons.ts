import type { AuthenticationRefusal } from '../core/clients/authenticate-client.ts'
import type { AssertionReplayed } from '../core/clients/spend-assertion.ts'
import type { AssertionRefusal } from '../core/clients/verify-assertion.ts'
import type { SecretAttemptsRefusal } from '../core/clients/verify-secret.ts'
import type { TokenRefusal } from '../core/grants/token-endpoint.ts'
import type { KeyRefusal } from '../core/keys/make-key.ts'
import type { ClientIdTaken } from '../core/registration/create-client.ts'
import type { ClientNotFound } from '../core/registration/delete-client.ts'
import type { MetadataRefusal } from '../core/registration/evaluate-registration.ts'
import type { PatchRefusal } from '../core/registration/patch-client.ts'
import type { RegistrationTokenRefusal } from '../core/registration/registration-token.ts'
import type { RotationRefusal } from '../core/registration/rotate-secret.ts'
import type { ForeignSecretRefusal } from '../core/registration/update-client.ts'
import type { ClientGone } from '../core/tokens/issue-access-token.ts'

/** What the doors themselves refuse, before a room is asked. */
export type DoorReason =
  | { readonly kind: 'registration-off' }
  | { readonly kind: 'admin-unauthorized' }
  | { readonly kind: 'admin-fenced'; readonly message: string }
  | { readonly kind: 'page-refused'; readonly message: string }
  | { readonly kind: 'credentials-missing' }
  | { readonly kind: 'credentials-twice' }
  | { readonly kind: 'assertion-missing' }
  | { readonly kind: 'assertion-type-unknown'; readonly type: string }
  | { readonly kind: 'form-empty' }
  | { readonly kind: 'request-malformed' }
  | { readonly kind: 'query-missing'; readonly name: string }
  | { readonly kind: 'posted-from-elsewhere' }
  | { readonly kind: 'parameter-repeated'; readonly name: string }

/** Every reason for a no that can reach the street: `errors.ts` has a line for each, and the compiler sees to it. */
export type Reason =
  | DoorReason
  | AssertionRefusal
  | AssertionReplayed
  | AuthenticationRefusal
  | ClientGone
  | ClientIdTaken
  | ClientNotFound
  | ForeignSecretRefusal
  | KeyRefusal
  | MetadataRefusal
  | PatchRefusal
  | RegistrationTokenRefusal
  | RotationRefusal
  | SecretAttemptsRefusal
  | TokenRefusal
