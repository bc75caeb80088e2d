/** This cannot be done now; trying again after `retryAfterSeconds` may help. It says nothing of what was done before. */
export class Unavailable extends Error {
  override name = 'Unavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** An act that cannot be done now: its transaction was rolled back, and nothing of it is left. Only transactions throw it. */
export class RolledBack extends Unavailable {
  constructor({ message, retryAfterSeconds, cause }: Unavailable) {
    super(message, retryAfterSeconds, { cause })
  }
}

/** Nobody can say whether the act was done. It is not tried again for the caller, and he is not told to. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}
