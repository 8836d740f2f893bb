import type { Loaded } from './load.js'

/** One line of the table: what Stint does, against what it is measured by, in pairs of one round each. */
export interface Figure {
  readonly what: string
  readonly floor: string
  readonly ours: string
  /** Ours against the floor: the fastest of both, and the median over the rounds. Absent where none is to be had. */
  readonly fastest?: number | undefined
  readonly median?: number | undefined
  readonly target?: string
}

export const quantile = (values: Iterable<number>, q: number): number => {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN
}

export const median = (values: Iterable<number>): number => quantile(values, 0.5)

/** Exchanges a second. */
export const rateOf = ({ times, seconds }: Loaded): number => times.length / seconds

/** Of two rates in the same rounds: the best of each, and the median of the rounds' ratios. */
export function ratios(ours: readonly number[], floor: readonly number[]) {
  const each = ours.map((rate, round) => rate / (floor[round] ?? NaN))
  return { fastest: Math.max(...ours) / Math.max(...floor), median: median(each) }
}

export const perSecond = (rate: number): string => `${rate.toFixed(0)}/s`
export const ms = (time: number): string => `${time.toFixed(time < 10 ? 2 : 1)} ms`

/** A table in Markdown. */
export function table(figures: readonly Figure[]): string {
  const times = (ratio: number | undefined) => (ratio === undefined ? '' : `${ratio.toFixed(2)} x`)
  const rows = figures.map(({ what, floor, ours, fastest, median: usual, target = '' }) => [
    what,
    floor,
    ours,
    times(fastest),
    times(usual),
    target,
  ])
  const head = ['what', 'floor', 'Stint', 'fastest rounds', 'median round', 'target']
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
