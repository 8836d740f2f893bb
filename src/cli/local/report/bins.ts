import type { Duration, Instant } from '../../../time.js'

/** Parts of a period, each as long as the others, from the beginning of an hour or a day (UTC) on. */
export interface Bins {
  readonly width: Duration
  /** In a word: `day`, `week`. */
  readonly name: string
  readonly starts: readonly Instant[]
  /** Which part an instant lies in. */
  of(at: Instant): number
}

const hour: Duration = 3_600_000
const day: Duration = 24 * hour

/** As many as a chart shows as columns. */
const most = 62

/** The widths that a reader counts in. */
const widths: readonly (readonly [Duration, string])[] = [
  [hour, 'hour'],
  [6 * hour, 'six hours'],
  [day, 'day'],
  [7 * day, 'week'],
  [28 * day, 'four weeks'],
  [91 * day, 'quarter'],
  [364 * day, 'year'],
  [3640 * day, 'decade'],
]

/** Divides the time from one instant to a later one; at least one part. The last is as long as it must be. */
export function binsOf(from: Instant, to: Instant): Bins {
  const begin = (width: Duration): Instant => Math.floor(from / Math.min(width, day)) * Math.min(width, day)
  const countOf = (width: Duration): number => Math.max(1, Math.ceil((to - begin(width)) / width))
  const [width, name] = widths.find(([one]) => countOf(one) <= most) ?? [3640 * day, 'decade']
  const [first, count] = [begin(width), Math.min(most, countOf(width))]
  return {
    width,
    name,
    starts: Array.from({ length: count }, (_, n) => first + n * width),
    of: (at) => Math.min(count - 1, Math.max(0, Math.floor((at - first) / width))),
  }
}
