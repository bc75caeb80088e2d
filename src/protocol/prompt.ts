const known = new Set(['none', 'login', 'consent', 'registration', 'select_account'])

/** The values of `prompt` (OpenID Connect Core §3.1.2.1, Initiating User Registration §3.1), and the first that is none. */
export function parsePrompt(text: string): { values: ReadonlySet<string>; unknown?: string } {
  const values = new Set(text.split(' ').filter((value) => value !== ''))
  const unknown = [...values].find((value) => !known.has(value))
  return unknown === undefined ? { values } : { values, unknown }
}
