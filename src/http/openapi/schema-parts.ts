/** Building blocks of the schemas of the API description. */
export type Schema = Readonly<Record<string, unknown>>
export type Properties = Readonly<Record<string, Schema>>

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const seconds: Schema = { type: 'integer', description: 'Seconds since 1970 UTC.' }
export const url: Schema = { type: 'string', format: 'uri' }
export const time: Schema = { type: 'string', format: 'date-time' }
export const list: Schema = { type: 'array', items: text }

export const object = (properties: Properties, required: readonly string[] = Object.keys(properties), more: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  ...more,
})
