import assert from 'node:assert/strict'

/** An object with a distinct handler for every name, so that a test can read a route table. The handlers must not be called. */
export function noHandlers<Handlers extends object>(): Handlers {
  const made: Record<string, () => never> = {}
  return new Proxy(made, {
    get(_target, name: string) {
      made[name] ??= () => assert.fail(`${name} was called`)
      return made[name]
    },
  }) as unknown as Handlers
}
