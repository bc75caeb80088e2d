import type { ChallengeRefusal } from '../../core/authorization/challenge.ts'
import type { RequestObjectRefusal } from '../../core/authorization/request-object.ts'
import type { AuthenticationRefusal } from '../../core/clients/authenticate-client.ts'
import type { AssertionReplayed } from '../../core/clients/spend-assertion.ts'
import type { AssertionRefusal } from '../../core/clients/verify-assertion.ts'
import type { SecretAttemptsRefusal } from '../../core/clients/verify-secret.ts'
import type { KeyRefusal } from '../../core/keys/make-key.ts'
import type { LogoutChallengeRefusal } from '../../core/logout/answer-logout.ts'
import type { LogoutRefusal } from '../../core/logout/begin-logout.ts'
import type { RegistrationTokenRefusal } from '../../core/registration/authorize-owner.ts'
import type { ClientIdTaken } from '../../core/registration/create-client.ts'
import type { MetadataRefusal } from '../../core/registration/evaluate-registration.ts'
import type { ClientNotFound } from '../../core/registration/find-or-refuse.ts'
import type { PatchRefusal } from '../../core/registration/patch-client.ts'
import type { RotationRefusal } from '../../core/registration/rotate-secret.ts'
import type { ForeignSecretRefusal } from '../../core/registration/update-client.ts'
import type { TokenRefusal } from '../../core/token-endpoint/token-endpoint.ts'
import type { HookRefusal } from '../../core/token-endpoint/token-hook.ts'
import type { ClientGone } from '../../core/tokens/issue-access-token.ts'
import type { UserinfoRefusal } from '../../core/tokens/userinfo.ts'
import { Refusal } from '../../lib/refusal.ts'
import type { BodyRefusal } from '../server/body.ts'
import type { ParameterRefusal } from '../server/parameters.ts'

/** Refused by an endpoint itself, before it calls an act. Each union below belongs to the face that answers it. */
export type RegistrationOff = { readonly kind: 'registration-off' }

export type CredentialsRefusal =
  | { readonly kind: 'credentials-missing' }
  | { readonly kind: 'credentials-twice' }
  | { readonly kind: 'assertion-missing' }
  | { readonly kind: 'assertion-type-unknown'; readonly type: string }
  | { readonly kind: 'form-empty' }
  | { readonly kind: 'request-malformed' }

export type AdminRequestRefusal =
  | { readonly kind: 'admin-unauthorized' }
  | { readonly kind: 'admin-fenced'; readonly message: string }
  | { readonly kind: 'page-refused'; readonly message: string }
  | { readonly kind: 'query-missing'; readonly name: string }
  | { readonly kind: 'challenge-missing' }
  | { readonly kind: 'answer-malformed'; readonly message: string }
  | { readonly kind: 'sessions-subject-missing' }
  | { readonly kind: 'consent-selection' }
  | { readonly kind: 'session-selection' }

export type FormOriginRefusal = { readonly kind: 'posted-from-elsewhere' }

export type EndpointRefusal = RegistrationOff | CredentialsRefusal | AdminRequestRefusal | FormOriginRefusal

/** A refusal of an endpoint, to be thrown. */
export const refused = (reason: EndpointRefusal) => new Refusal<EndpointRefusal>(reason)

export type RegistrationFaceRefusal = RegistrationOff | MetadataRefusal | RegistrationTokenRefusal | ForeignSecretRefusal

export type OAuthFaceRefusal =
  | CredentialsRefusal
  | AuthenticationRefusal
  | AssertionRefusal
  | AssertionReplayed
  | SecretAttemptsRefusal
  | TokenRefusal
  | HookRefusal
  | ClientGone
  | UserinfoRefusal

export type AdminFaceRefusal =
  | AdminRequestRefusal
  | ClientNotFound
  | ClientIdTaken
  | PatchRefusal
  | RotationRefusal
  | KeyRefusal
  | ChallengeRefusal
  | Exclude<LogoutChallengeRefusal, UnknownVerifier>

type UnknownVerifier = Extract<LogoutChallengeRefusal, { kind: 'logout-verifier-unknown' }>

export type PageFaceRefusal = FormOriginRefusal | RequestObjectRefusal | LogoutRefusal | UnknownVerifier

/** Every reason of a Refusal that can reach a caller, except those of the body, whose answer depends on the face. */
export type RefusalReason = RegistrationFaceRefusal | OAuthFaceRefusal | AdminFaceRefusal | PageFaceRefusal | ParameterRefusal

export type AnyReason = RefusalReason | BodyRefusal
