/** The act could not be done now and nothing of it was done; trying again after `retryAfterSeconds` may help. */
export class Unavailable extends Error {
  override name = 'Unavailable'
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options)
    this.retryAfterSeconds = retryAfterSeconds
  }
}
