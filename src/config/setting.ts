import type { Static, TObject, TProperties, TSchema } from 'typebox'
import { Type } from '../lib/json-schema.ts'

/**
 * What we do with a setting that somebody wrote: act on it; warn that we do not yet; take it silently, because there is nothing to
 * do; or refuse to start, because going on without it would be less safe than Hydra.
 */
export type Status = 'honoured' | 'later' | 'ignored' | 'refused'

/** Answers a setting in force by its key: as written, else its default. */
export type Lookup = (key: string) => unknown

export interface Facts<S extends Status, Present extends boolean, Secret extends boolean> {
  readonly status: S
  /** Whether it always has a value: written, default or derived. A type-level fact only. */
  readonly '~present'?: Present
  /** Whether it is handed out apart from Config; such a value is never quoted, either. */
  readonly secret: Secret
  /** One sentence, with the unit. */
  readonly description: string
  /** Whether a change takes effect at once, without a restart. */
  readonly live: boolean
}

/** A leaf of the schema as the readers see it: JSON Schema words (`type`, `enum`, `format`…) and what is said about it here. */
export interface Leaf extends Facts<Status, boolean, boolean> {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Omit<Leaf, keyof Facts<Status, boolean, boolean>>
  /** As one would write it in YAML. */
  readonly default?: unknown
  readonly derived?: Derived
  /** What to write, when start-up cannot do without it. */
  readonly required?: string
  /** Never quoted in a message. */
  readonly sensitive?: boolean
  readonly notYet?: NotYet
  /** What to say of a written value that has no effect. */
  readonly warning?: string
  /** Why it is refused, and what to do instead. */
  readonly refusal?: string
  /** Values that ask for nothing more than we do: neither warned about nor refused. */
  readonly harmless?: readonly unknown[]
}

/** A default that follows from other settings. */
interface Derived {
  /** For the page of settings. */
  readonly shown: string
  readonly from: (of: Lookup) => unknown
}

/** A value of an honoured setting that is taken with a warning and replaced (in a list: left out). */
interface NotYet {
  readonly value: string | readonly string[]
  /** Absent: as if it were not set. */
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

/** Acted on, fixed, and kept apart from everything that is logged or shown. */
export function secret<T extends TSchema>(type: T, about: About) {
  return annotate(type, { live: false, ...about, status: 'honoured', secret: true }) as T & Facts<'honoured', true, true>
}

interface Unhonoured {
  readonly warning?: string
  readonly harmless?: readonly unknown[]
}

/** A key of Hydra's that we do not act on yet: one warning at start-up. */
export function later<T extends TSchema>(type: T, description: string, more: Unhonoured = {}) {
  return annotate(type, { description, ...more, status: 'later', live: false, secret: false }) as T & Facts<'later', false, false>
}

/** A key of Hydra's that asks for nothing here. */
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

/** What the schema promises once defaults are in: the honoured settings only, so that no room acts on a setting by half. */
export type Resolved<S, Secret extends boolean> =
  S extends TObject<infer P>
    ? { readonly [K in keyof P as true extends Leaves<P[K], Secret> ? K : never]: Resolved<P[K], Secret> }
    : S extends TSchema & Facts<'honoured', infer Present, Secret>
      ? DeepReadonly<Static<S>> | (Present extends true ? never : undefined)
      : never
