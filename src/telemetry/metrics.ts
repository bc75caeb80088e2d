import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Count } from '../lib/telemetry.ts'
import { businessEvents } from './business-events.ts'

/** One answered request. `route` is the pattern of the route table and `knownMethod` a known method, never what the caller sent. */
interface CountedRequest {
  readonly listener: string
  readonly route: string
  readonly knownMethod: string
  readonly status: number
  readonly seconds: number
}

/** How many connections a pool has, and how many callers wait for one. */
export interface PoolState {
  readonly inUse: number
  readonly idle: number
  readonly waiting: number
}

/** Counters and measurements, and the text of the metrics endpoint. */
export interface Metrics {
  readonly count: Count
  request(answered: CountedRequest): void
  readonly database: {
    /** One transaction, from its call to its end, with the time in the queue and that of the commit. */
    act(outcome: 'committed' | 'rolled_back', seconds: number): void
    /** One read outside a transaction. */
    read(seconds: number): void
    /** The number of transactions in one commit. */
    batch(acts: number): void
  }
  /** Adds the metrics of the pool, whose state is read at each scrape. */
  showPool(state: () => PoolState): void
  /** Prometheus' text format. */
  text(): Promise<string>
}

/** Seconds. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const statementBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1]
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/** Label values are from small fixed sets: the route table, known methods, classes of status codes, names in the source. */
export function makeMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const histogram = <Label extends string>(name: string, help: string, buckets: number[], labelNames: Label[] = []) =>
    new Histogram({ name: `clientele_${name}`, help, buckets, labelNames, registers })

  const requests = histogram('http_request_duration_seconds', 'Answered requests and their duration.', requestBuckets, [
    'listener',
    'route',
    'method',
    'status',
  ])
  const acts = histogram('database_act_seconds', 'Transactions, from call to commit or rollback.', statementBuckets, ['outcome'])
  const reads = histogram('database_read_seconds', 'Reads outside transactions.', statementBuckets)
  const batches = histogram('database_commit_acts', 'Number of transactions in one commit of SQLite.', batchBuckets)
  const readTimes = held((seconds) => reads.observe(seconds))
  return {
    count: counting(registry),
    request: ({ listener, route, knownMethod, status, seconds }) =>
      requests.observe({ listener, route, method: knownMethod, status: `${Math.floor(status / 100)}xx` }, seconds),
    database: {
      act: (outcome, seconds) => acts.observe({ outcome }, seconds),
      read: readTimes.add,
      batch: (size) => batches.observe(size),
    },
    showPool: (state) => showPool(registry, state),
    text() {
      readTimes.observe()
      return registry.metrics()
    },
  }
}

/** How many values are buffered before they are observed. */
const heldValues = 256

/** Buffers values that are measured several times in a request, because observing them in bulk costs far less. */
function held(observe: (value: number) => void): { add(value: number): void; observe(): void } {
  const values: number[] = []
  const observeAll = (): void => {
    for (const value of values) observe(value)
    values.length = 0
  }
  return {
    observe: observeAll,
    add(value) {
      if (values.push(value) === heldValues) observeAll()
    },
  }
}

/** All counters exist from the start with the value 0, so that a query sees the first event as an increase. */
function counting(registry: Registry): Count {
  const counters = new Map<string, Counter>()
  const add = (event: string, help: string, labelNames: readonly string[]): Counter => {
    const counter = new Counter({ name: `clientele_${event}_total`, help, labelNames: [...labelNames], registers: [registry] })
    counters.set(event, counter)
    return counter
  }
  for (const [event, { help, labels }] of Object.entries(businessEvents)) add(event, help, labels)
  return (event, labels = {}) => (counters.get(event) ?? add(event, event.replaceAll('_', ' '), Object.keys(labels))).inc(labels)
}

function showPool(registry: Registry, state: () => PoolState): void {
  const registers = [registry]
  new Gauge({
    name: 'clientele_database_pool_connections',
    help: 'Connections to PostgreSQL.',
    labelNames: ['state'],
    registers,
    collect() {
      const { inUse, idle } = state()
      this.set({ state: 'in_use' }, inUse)
      this.set({ state: 'idle' }, idle)
    },
  })
  new Gauge({
    name: 'clientele_database_pool_waiting',
    help: 'Transactions and reads that wait for a connection.',
    registers,
    collect() {
      this.set(state().waiting)
    },
  })
}
