import { splitScope } from './scope.ts'

/** OpenID Connect Core §3.1.2.1, and `registration` (Hydra; "create" of Initiating User Registration 1.0 under an older name). */
export const promptValues = ['none', 'login', 'consent', 'registration', 'select_account'] as const

export type Prompt = (typeof promptValues)[number]

export interface Prompts {
  readonly values: ReadonlySet<Prompt>
  /** The first value that we do not know; whether that matters is the caller's to say. */
  readonly unknown?: string
}

/** The values of a `prompt` parameter, each once (OpenID Connect Core §3.1.2.1: space-delimited, case-sensitive). */
export function parsePrompt(text: string): Prompts {
  const words = splitScope(text)
  const unknown = words.find((word) => !isPrompt(word))
  return { values: new Set(words.filter(isPrompt)), ...(unknown !== undefined && { unknown }) }
}

const isPrompt = (word: string): word is Prompt => (promptValues as readonly string[]).includes(word)

/** Whether the person has to log in again. To choose an account is to log in: one browser holds one session here, as in Hydra. */
export const asksForLogin = (values: readonly string[]): boolean => values.includes('login') || values.includes('select_account')
