import type { Job } from './runner.ts'

export const deliverLogoutsJob = 'deliver-logouts'

/** Delivers logout tokens. It is also run after each commit of a logout; the period is for retries and for the deliveries of a node that died. */
export const deliverLogouts = (run: Job['run']): Job => ({ name: deliverLogoutsJob, period: 5_000, run })
