/** The time, in milliseconds since 1970 UTC. Injected, so that a test can hold it still. */
export type Clock = () => number

export const systemClock: Clock = Date.now

/** Whole seconds since 1970 UTC, as OAuth writes times. */
export const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
