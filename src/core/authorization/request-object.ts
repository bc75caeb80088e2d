import { Refusal } from '../../lib/refusal.ts'
import type { UnreadableFault } from '../clients/signed-claims.ts'
import type { SignatureFault } from '../clients/verify-signature.ts'

/** What is wrong with a request object, or with the way to it. The words for it are the door's. */
export type RequestObjectFault =
  | UnreadableFault
  | SignatureFault
  | { readonly fault: 'given-twice' | 'too-large' | 'typ' | 'issuer' | 'audience' | 'subject' | 'times' }
  | { readonly fault: 'alg-not-registered'; readonly alg: string; readonly registered: string }
  /** Inside and outside say different things. */
  | { readonly fault: 'differs'; readonly parameter: 'client_id' | 'response_type' }
  /** A request object inside a request object. */
  | { readonly fault: 'nested'; readonly parameter: string }
  /** A claim that no parameter could have as its value. */
  | { readonly fault: 'claim-shape'; readonly claim: string }
  | { readonly fault: 'uri-not-registered'; readonly uri: string }
  /** `cause` is for our log. */
  | { readonly fault: 'uri-unreachable'; readonly uri: string; readonly cause: string }

export type RequestObjectRefusal = { readonly kind: 'request-object-refused' } & RequestObjectFault

export const refuse = (fault: RequestObjectFault) => new Refusal<RequestObjectRefusal>({ kind: 'request-object-refused', ...fault })
