/** A setting that can change at run time. An act calls it once, at its start, so that it uses one value. */
export type Live<T> = () => T

/** A value derived from a live one, computed again only if that has changed. */
export function derived<From, To>(live: Live<From>, make: (from: From) => To): Live<To> {
  let last: { from: From; to: To } | undefined
  return () => {
    const from = live()
    if (last?.from !== from) last = { from, to: make(from) }
    return last.to
  }
}
