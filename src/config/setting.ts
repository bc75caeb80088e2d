import type { Static, TObject, TProperties, TSchema } from 'typebox'
import { Type } from '../lib/json-schema.ts'

/**
 * What happens with a setting that is written. `honoured`: it has an effect. `later`: it is not supported yet, and a warning is logged.
 * `ignored`: it needs no effect here. `refused`: the server does not start, because without its effect it would be less safe than Hydra.
 */
export type Status = 'honoured' | 'later' | 'ignored' | 'refused'

/** The value of a setting by its key: as written, else its default. */
export type Lookup = (key: string) => unknown

export interface Facts<S extends Status, Present extends boolean, Secret extends boolean> {
  readonly status: S
  /** Whether it always has a value: written, default or derived. Exists in the type only. */
  readonly '~present'?: Present
  /** Whether it is in `Secrets` and not in `Config`; its value is never quoted. */
  readonly secret: Secret
  /** One sentence, with the unit. */
  readonly description: string
  /** Whether a change takes effect at once, without a restart. */
  readonly live: boolean
}

/** A setting in the schema: keywords of JSON Schema (`type`, `enum`, `format`…) and those of this module. */
export interface Leaf extends Facts<Status, boolean, boolean> {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Omit<Leaf, keyof Facts<Status, boolean, boolean>>
  /** As written in YAML. */
  readonly default?: unknown
  readonly derived?: Derived
  /** For a required setting: what to write. */
  readonly required?: string
  /** Never quoted in a message. */
  readonly sensitive?: boolean
  readonly notYet?: NotYet
  /** The warning about a written value that has no effect. */
  readonly warning?: string
  /** Why it is refused, and what to do instead. */
  readonly refusal?: string
  /** Values that describe what this server does anyway: they cause neither a warning nor a refusal. */
  readonly harmless?: readonly unknown[]
}

/** A default that is derived from other settings. */
interface Derived {
  /** The default in docs/operations.md. */
  readonly shown: string
  readonly from: (of: Lookup) => unknown
}

/** A value of an honoured setting that is not supported yet: it is replaced (in a list: left out), with a warning. */
interface NotYet {
  readonly value: string | readonly string[]
  /** Absent: the setting counts as unset. */
  readonly instead?: string
  readonly warning: string
}

export const notYetValues = ({ value }: NotYet): readonly string[] => [value].flat()

interface About {
  readonly description: string
  readonly live?: boolean
  readonly default?: unknown
  readonly derived?: Derived
  readonly required?: string
  readonly sensitive?: boolean
  readonly notYet?: NotYet
}

type IsPresent<A> = A extends { default: unknown } | { derived: Derived } | { required: string } ? true : false

export function honoured<T extends TSchema, const A extends About>(type: T, about: A) {
  return annotate(type, { live: false, ...about, status: 'honoured', secret: false }) as T & Facts<'honoured', IsPresent<A>, false>
}

/** A honoured setting that cannot change at run time, and is kept apart from everything that is logged or shown. */
export function secret<T extends TSchema>(type: T, about: About) {
  return annotate(type, { live: false, ...about, status: 'honoured', secret: true }) as T & Facts<'honoured', true, true>
}

interface Unhonoured {
  readonly warning?: string
  readonly harmless?: readonly unknown[]
}

/** A key of Hydra that is not supported yet: it causes a warning at the start. */
export function later<T extends TSchema>(type: T, description: string, more: Unhonoured = {}) {
  return annotate(type, { description, ...more, status: 'later', live: false, secret: false }) as T & Facts<'later', false, false>
}

/** A key of Hydra that needs no effect here. */
export function ignored<T extends TSchema>(type: T, description: string) {
  return annotate(type, { description, status: 'ignored', live: false, secret: false }) as T & Facts<'ignored', false, false>
}

/** @param refusal `<why>; <what to do instead>` */
export function refused<T extends TSchema>(type: T, description: string, refusal: string, harmless: readonly unknown[] = []) {
  return annotate(type, { description, refusal, harmless, status: 'refused', live: false, secret: false }) as T &
    Facts<'refused', false, false>
}

const annotate = (type: TSchema, facts: object): unknown => ({ ...facts, ...type })

export const group = <P extends TProperties>(properties: P): TObject<P> => Type.Object(properties, { additionalProperties: false })

export type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

type Leaves<S, Secret extends boolean> =
  S extends TObject<infer P>
    ? { [K in keyof P]: Leaves<P[K], Secret> }[keyof P]
    : S extends Facts<'honoured', boolean, Secret>
      ? true
      : never

/** The type of the resolved settings of a schema: the honoured ones only, so that no code can depend on the others. */
export type Resolved<S, Secret extends boolean> =
  S extends TObject<infer P>
    ? { readonly [K in keyof P as true extends Leaves<P[K], Secret> ? K : never]: Resolved<P[K], Secret> }
    : S extends TSchema & Facts<'honoured', infer Present, Secret>
      ? DeepReadonly<Static<S>> | (Present extends true ? never : undefined)
      : never
