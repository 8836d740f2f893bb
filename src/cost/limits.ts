import type { Duration, Instant } from '../time.js'
import { iso } from '../time.js'
import { money } from './text.js'

/** Whose grants are added up. */
export type Whose = 'person' | 'role' | 'account' | 'all'

/** The most that may be granted in any so long a time. */
export interface Limit {
  readonly of: Whose
  readonly usd: number
  readonly every: 'day' | 'month'
  /** Whether reaching it refuses, or needs somebody to agree. */
  readonly then: 'refuse' | 'ask'
}

const day: Duration = 86_400_000
export const spans: Readonly<Record<Limit['every'], Duration>> = { day, month: 30 * day }

/** What was granted in one hour since 1970, in cents. */
export interface Spent {
  readonly hour: number
  readonly cents: number
}

const hour: Duration = 3_600_000

export const sumOf = (spent: readonly Spent[]): number => spent.reduce((sum, { cents }) => sum + cents, 0)

/** What is wrong with granting `cents` more, in a sentence that says when it frees; undefined when nothing is. */
export function limitFault(limit: Limit, spent: readonly Spent[], cents: number): string | undefined {
  const most = limit.usd * 100
  const before = sumOf(spent)
  if (cents === 0 || before + cents <= most) return undefined
  const frees = freesAt(limit, spent, most - cents)
  const whose = limit.of === 'all' ? 'All' : `This ${limit.of}`
  const rest = frees === undefined ? 'This alone is more.' : `There is room for it again at ${iso(frees)}.`
  return `${whose} may be granted ${money(limit.usd)} a ${limit.every}; it was ${money(before / 100)}, and this could cost ${money(cents / 100)}. ${rest}`
}

/** When so much has aged out that no more than `room` is left; to the hour, never too early. */
function freesAt({ every }: Limit, spent: readonly Spent[], room: number): Instant | undefined {
  let left = sumOf(spent)
  for (const { hour: at, cents } of spent.toSorted((a, b) => a.hour - b.hour)) {
    left -= cents
    if (left <= room) return (at + 1) * hour + spans[every]
  }
  return undefined
}
