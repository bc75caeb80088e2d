/** A JSON Schema (2020-12, as OpenAPI 3.1 has it), or the name of one of `schemas`. */
export type SchemaOf = string | Readonly<Record<string, unknown>>

/** What a route does and answers, for the API description. It describes; `protocol/` and the rooms check. */
export interface Operation {
  /** Hydra's operationId where Hydra has the operation. */
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** What its path parameters are called, where that differs from the route table. */
  readonly names?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, { readonly schema: SchemaOf; readonly description: string; readonly required?: true }>>
  readonly body?: { readonly type: 'application/json' | 'application/x-www-form-urlencoded'; readonly schema: SchemaOf }
  readonly answers: Readonly<Record<number, AnswerOf>>
  /** Statuses of refusals that a caller can act on; 400, 413, 500 and 503 are added where they belong. */
  readonly refusals?: readonly number[]
  /** How the caller proves who it is. Absent: nobody asks. */
  readonly proof?: 'registrationAccessToken' | 'clientSecret' | 'accessToken'
  /** It reads nothing of the request and nothing of the database: it cannot be refused. */
  readonly still?: true
}

export interface AnswerOf {
  readonly description: string
  readonly schema?: SchemaOf
  /** Of the body; JSON unless said otherwise. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}
