import { Counter, Registry } from 'prom-client'
import type { Count } from '../lib/telemetry.ts'

/** Counters of business events, each made when it is first counted. */
export function makeCounters(): { count: Count; text: () => Promise<string> } {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  return {
    count(event, labels = {}) {
      let counter = counters.get(event)
      if (!counter) {
        counter = new Counter({
          name: `clientele_${event}_total`,
          help: event.replaceAll('_', ' '),
          labelNames: Object.keys(labels),
          registers: [registry],
        })
        counters.set(event, counter)
      }
      counter.inc(labels)
    },
    text: () => registry.metrics(),
  }
}
