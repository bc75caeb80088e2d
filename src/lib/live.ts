/** A setting that can change while the process runs: called once at the start of an act, so that an act sees one value. */
export type Live<T> = () => T
