/** The time, in milliseconds since 1970 UTC. Injected, so that a test can control it. */
export type Clock = () => number

export const systemClock: Clock = Date.now

/** Whole seconds since 1970 UTC, as times in OAuth. */
export const inSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
