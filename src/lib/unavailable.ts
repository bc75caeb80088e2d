/** The request cannot be processed now and may be retried after `retryAfterSeconds`. What happened before the error is not specified. */
export class Unavailable extends Error {
  override name = 'Unavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The transaction cannot be processed now and was rolled back, so nothing was changed. Only transactions throw it. */
export class RolledBack extends Unavailable {
  constructor({ message, retryAfterSeconds, cause }: Unavailable) {
    super(message, retryAfterSeconds, { cause })
  }
}

/** It is not known whether the transaction was committed. It is not retried, and the caller is not told to retry. */
export class OutcomeUnknown extends Error {
  override name = 'OutcomeUnknown'
}
