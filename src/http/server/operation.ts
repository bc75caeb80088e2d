/** A JSON Schema (2020-12, as in OpenAPI 3.1), or the name of one of `openapi/schemas.ts`. */
export type SchemaOf = string | Readonly<Record<string, unknown>>

/** The OpenAPI description of an endpoint. It validates nothing: `protocol/` does. */
export interface Operation {
  /** The operationId, as in Hydra where Hydra has the operation. */
  readonly id: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Names of path parameters, where they differ from the path of the route. */
  readonly pathNames?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, { readonly schema: SchemaOf; readonly description: string; readonly required?: true }>>
  readonly body?: { readonly type: 'application/json' | 'application/x-www-form-urlencoded'; readonly schema: SchemaOf }
  readonly responses: Readonly<Record<number, ResponseOf>>
  /** Statuses of errors that a caller can act on; 400, 413, 500 and 503 are added where they can occur. */
  readonly errors?: readonly number[]
  /** The credentials of the caller. Absent: none. */
  readonly security?: 'registrationAccessToken' | 'clientSecret' | 'accessToken'
  /** It depends on neither the request nor the database, so it has no 400 and no 503. */
  readonly isStatic?: true
}

export interface ResponseOf {
  readonly description: string
  readonly schema?: SchemaOf
  /** The media type of the body. Absent: JSON. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const text = { type: 'string' }

/** A parameter of the query. */
export const textParameter = (description: string) => ({ schema: text, description })
export const requiredText = (description: string) => ({ schema: text, description, required: true }) as const

export const htmlPage = (description: string): ResponseOf => ({ description, type: 'text/html', schema: text })

export const redirect = (description: string): ResponseOf => ({ description, headers: { location: 'The URL that the browser goes to.' } })
