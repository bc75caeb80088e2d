/**
 * An act says no. `reason` is for us: data, a tagged union that each room declares; what a stranger may read of it is decided
 * in one place, `http/errors.ts`. Thrown, so that the transaction around it rolls back.
 */
export class Refusal<Reason extends { readonly kind: string } = { readonly kind: string }> extends Error {
  override name = 'Refusal'
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason.kind)
    this.reason = reason
  }
}
