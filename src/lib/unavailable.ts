/** The act could not be done now and nothing of it was done; trying again after `retryAfterSeconds` may help. */
export class Unavailable extends Error {
  override name = 'Unavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Nobody can say whether the act was done. It is not tried again for the caller, and he is not told to. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}
