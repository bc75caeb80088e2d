/** The configuration cannot be used. Its problems are for the operator; none of them quotes a secret. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  /** Each begins with `<key>: <what is wrong>; <what to write>`; indented lines to copy may follow. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}
