import type {
  TArray,
  TArrayOptions,
  TBoolean,
  TInteger,
  TNumber,
  TNumberOptions,
  TObject,
  TObjectOptions,
  TOptional,
  TProperties,
  TSchema,
  TSchemaOptions,
  TString,
  TStringOptions,
  TUnknown,
  TUnsafe,
} from 'typebox'

/** `TObject<P>` with every property optional. */
export type TPartialObject<P extends TProperties> = TObject<{ [Name in keyof P]: TOptional<P[Name]> }>

/**
 * The builders of TypeBox, with its types, as plain JSON Schema. Importing the package itself costs 13 MiB and a tenth of a second at
 * every start, for annotations that are not used here.
 */
export const Type = {
  String: (options: TStringOptions = {}): TString => made({ type: 'string', ...options }),
  Boolean: (options: TSchemaOptions = {}): TBoolean => made({ type: 'boolean', ...options }),
  Integer: (options: TNumberOptions = {}): TInteger => made({ type: 'integer', ...options }),
  Number: (options: TNumberOptions = {}): TNumber => made({ type: 'number', ...options }),
  Unknown: (options: TSchemaOptions = {}): TUnknown => made({ ...options }),
  Array: <Item extends TSchema>(items: Item, options: TArrayOptions = {}): TArray<Item> => made({ type: 'array', items, ...options }),
  Object: <P extends TProperties>(properties: P, options: TObjectOptions = {}): TObject<P> =>
    made({ type: 'object', required: Object.keys(properties), properties, ...options }),
  /** Any schema, for values of type `Value`. */
  Unsafe: <Value>(schema: object): TUnsafe<Value> => made(schema),
  Partial<P extends TProperties>({ required: _required, ...rest }: TObject<P>): TPartialObject<P> {
    return made(rest)
  },
} as const

/** The annotations of TypeBox exist in the type only. */
const made = <T>(schema: object): T => schema as T
