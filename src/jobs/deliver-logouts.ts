import type { Job } from './runner.ts'

export const deliverLogoutsJob = 'deliver-logouts'

/** Tells clients of logouts. Once a logout is committed it is run at once; the period is for retries and for what another node left behind. */
export const deliverLogouts = (run: Job['run']): Job => ({ name: deliverLogoutsJob, period: 5_000, run })
