/** A setting that can change while the process runs: called once at the start of an act, so that an act sees one value. */
export type Live<T> = () => T

/** What is made of a live value, made again only when that has changed. */
export function derived<From, To>(live: Live<From>, make: (from: From) => To): Live<To> {
  let last: { from: From; to: To } | undefined
  return () => {
    const from = live()
    if (last?.from !== from) last = { from, to: make(from) }
    return last.to
  }
}
