import type { JsonLimits } from '../../lib/json.ts'

/** Limits of JSON that an administrator sends: `metadata` may be large. */
export const adminJson: JsonLimits = { depth: 64, width: 10_000 }
