/**
 * An act refuses a request. `reason` is data, a tagged union that each module declares; `http/` decides what the caller is shown of it.
 * It is thrown, so that the transaction around it is rolled back.
 */
export class Refusal<Reason extends { readonly kind: string } = { readonly kind: string }> extends Error {
  override name = 'Refusal'
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason.kind)
    this.reason = reason
  }
}
