/**
 * Durations in the notation of Go (`time.ParseDuration`, `Duration.String`), which Hydra uses for settings and lifespans of clients.
 * Hydra's clients compare the canonical text. A duration is a number of nanoseconds of 64 bits, so it is a bigint here.
 */

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n, // micro sign
  '\u03bcs': 1_000n, // Greek letter mu
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const limit = 1n << 63n
const part = /(0*[0-9]{0,19})(?:\.([0-9]*))?([^.0-9]+)/y

/** Nanoseconds; undefined if Go would return an error: no unit, an unknown one, more than 64 bits. */
export function parseDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-')
  const rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') return undefined
  let total = 0n
  part.lastIndex = 0
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest)
    const nanoseconds = match && partInNanoseconds(match[1] ?? '', match[2] ?? '', match[3] ?? '')
    if (nanoseconds === undefined || nanoseconds === null) return undefined
    total += nanoseconds
    if (total > limit) return undefined
  }
  if (negative) return -total
  return total < limit ? total : undefined
}

function partInNanoseconds(whole: string, fraction: string, unitName: string): bigint | undefined {
  const unit = Object.hasOwn(units, unitName) ? units[unitName] : undefined
  if (unit === undefined || (whole === '' && fraction === '')) return undefined
  return BigInt(whole) * unit + fractionInNanoseconds(fraction, unit)
}

/** Rounds as Go: digits beyond 63 bits are dropped, and the product is a 64-bit float that is truncated. */
function fractionInNanoseconds(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (value > (limit - 1n) / 10n || next > limit) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** The canonical text: `1h30m0s`, `1.5s`, `300ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (size === 0n) return '0s'
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return `${sign}${decimal(size, 3)}µs`
  if (size < 1_000_000_000n) return `${sign}${decimal(size, 6)}ms`
  const minutes = size / 60_000_000_000n
  const seconds = `${decimal(size % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return sign + seconds
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`
}

/** `value` divided by 10 to the power of `places`, without trailing zeros. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`
}

/** Whole milliseconds, rounded down. */
export const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n)
