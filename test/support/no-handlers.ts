import assert from 'node:assert/strict'

/** A handler under every name that is asked for, each of its own identity and never to be called: what a route table needs to be read. */
export function noHandlers<Handlers extends object>(): Handlers {
  const made: Record<string, () => never> = {}
  return new Proxy(made, {
    get(_target, name: string) {
      made[name] ??= () => assert.fail(`${name} was called`)
      return made[name]
    },
  }) as unknown as Handlers
}
