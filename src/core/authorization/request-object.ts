import { Refusal } from '../../lib/refusal.ts'
import type { UnreadableFault } from '../clients/signed-claims.ts'
import type { SignatureFault } from '../clients/verify-signature.ts'

/** What is wrong with a request object or with fetching it. The error sentences are in `http/`. */
export type RequestObjectFault =
  | UnreadableFault
  | SignatureFault
  | { readonly fault: 'given-twice' | 'too-large' | 'typ' | 'issuer' | 'audience' | 'subject' | 'times' }
  | { readonly fault: 'alg-not-registered'; readonly alg: string; readonly registered: string }
  /** The values inside and outside differ. */
  | { readonly fault: 'differs'; readonly parameter: 'client_id' | 'response_type' }
  /** A request object inside a request object. */
  | { readonly fault: 'nested'; readonly parameter: string }
  /** A claim that cannot be the value of a parameter. */
  | { readonly fault: 'claim-shape'; readonly claim: string }
  | { readonly fault: 'uri-not-registered'; readonly uri: string }
  /** `cause` is for the log only. */
  | { readonly fault: 'uri-unreachable'; readonly uri: string; readonly cause: string }

export type RequestObjectRefusal = { readonly kind: 'request-object-refused' } & RequestObjectFault

export const refuse = (fault: RequestObjectFault) => new Refusal<RequestObjectRefusal>({ kind: 'request-object-refused', ...fault })
