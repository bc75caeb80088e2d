import type { ChallengeRefusal } from '../../core/authorization/challenge.ts'
import type { RequestObjectRefusal } from '../../core/authorization/request-object.ts'
import type { AuthenticationRefusal } from '../../core/clients/authenticate-client.ts'
import type { AssertionReplayed } from '../../core/clients/spend-assertion.ts'
import type { AssertionRefusal } from '../../core/clients/verify-assertion.ts'
import type { SecretAttemptsRefusal } from '../../core/clients/verify-secret.ts'
import type { KeyRefusal } from '../../core/keys/make-key.ts'
import type { LogoutChallengeRefusal } from '../../core/logout/answer-logout.ts'
import type { LogoutRefusal } from '../../core/logout/begin-logout.ts'
import type { ClientIdTaken } from '../../core/registration/create-client.ts'
import type { ClientNotFound } from '../../core/registration/delete-client.ts'
import type { MetadataRefusal } from '../../core/registration/evaluate-registration.ts'
import type { PatchRefusal } from '../../core/registration/patch-client.ts'
import type { RegistrationTokenRefusal } from '../../core/registration/registration-token.ts'
import type { RotationRefusal } from '../../core/registration/rotate-secret.ts'
import type { ForeignSecretRefusal } from '../../core/registration/update-client.ts'
import type { TokenRefusal } from '../../core/token-endpoint/token-endpoint.ts'
import type { HookRefusal } from '../../core/token-endpoint/token-hook.ts'
import type { ClientGone } from '../../core/tokens/issue-access-token.ts'
import type { UserinfoRefusal } from '../../core/tokens/userinfo.ts'

/** The same at the doors for login, consent and logout applications. */
export type LoginDoorReason =
  | { readonly kind: 'challenge-missing' }
  | { readonly kind: 'answer-malformed'; readonly message: string }
  | { readonly kind: 'sessions-subject-missing' }
  | { readonly kind: 'consent-selection' }
  | { readonly kind: 'session-selection' }

/** What the doors themselves refuse, before a room is asked. */
export type DoorReason =
  | LoginDoorReason
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
  | RequestObjectRefusal
  | AssertionReplayed
  | AuthenticationRefusal
  | ChallengeRefusal
  | ClientGone
  | ClientIdTaken
  | ClientNotFound
  | ForeignSecretRefusal
  | HookRefusal
  | KeyRefusal
  | LogoutChallengeRefusal
  | LogoutRefusal
  | MetadataRefusal
  | PatchRefusal
  | RegistrationTokenRefusal
  | RotationRefusal
  | SecretAttemptsRefusal
  | TokenRefusal
  | UserinfoRefusal
