import { formatDuration, parseDuration, type Duration } from '../time.js'
import type { Path, Report } from './fault.js'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** `otherwise` also stands in for what was cut out or is no duration; both have been reported by then. */
interface Reading {
  readonly least: Duration
  readonly most: Duration
  readonly otherwise: Duration
}

/** Reads a duration and reports one outside its bounds. */
export function readDuration(
  report: Report,
  path: Path,
  text: string | undefined,
  reading: Reading,
): Duration {
  if (text === undefined) return reading.otherwise
  const { least, most, otherwise } = reading
  const value = parseDuration(text)
  if (value !== undefined && value >= least && value <= most) return value
  report(path, `must be ${formatDuration(least)} to ${formatDuration(most)}`)
  return otherwise
}
