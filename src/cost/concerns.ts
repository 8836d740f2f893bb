import { formatDuration, type Duration, type Instant } from '../time.js'
import { boundOf, type Declared, type Note, type Receipt } from './receipt.js'
import { money } from './text.js'

const day = 86_400_000

/** From which point on somebody must agree to what it could cost. */
export interface Threshold {
  /** USD. */
  readonly above: number
  /** A price that is older than this is not relied on. Prices seldom rise, and a year is soon over. */
  readonly stale: Duration
}

export const usualThreshold: Threshold = { above: 1_000, stale: 730 * day }

/** Whether a declaration still holds. */
export const holdsOn = ({ until }: Declared, now: Instant): boolean => now < Date.parse(until) + day

/**
 * Why a person must agree to a receipt, in sentences; none when nobody needs to. What an operator declares stands
 * over the figures, but never over what cannot be cancelled.
 */
export function concerns(
  receipt: Receipt | undefined,
  { above, stale }: Threshold,
  declared: Declared | undefined,
  now: Instant,
): readonly string[] {
  if (!receipt) return ['What it could cost could not be computed.']
  const committed = first(receipt.commitments, receipt.commitments.length).map(
    (which) => `The account would be committed by ${which}, which cannot be cancelled.`,
  )
  if (declared && holdsOn(declared, now))
    return [...committed, ...(declared.usd > above ? [`It is declared to cost ${money(declared.usd)}.`] : [])]
  const { oldest, unpricedCount, unpriced, unbounded } = receipt
  const old = oldest !== undefined && now - Date.parse(oldest) > stale
  const over = boundOf(receipt) > above && unbounded.length === 0
  return [
    ...committed,
    ...first(unbounded, unbounded.length).map((which) => `Nothing bounds what ${which} could cost.`),
    ...(over ? [`It could cost ${money(receipt.usd)}, more than ${money(above)}.`] : []),
    ...first(unpriced, unpricedCount).map((which) => `Nobody has priced ${which}.`),
    ...(old ? [`A price is of ${oldest}, older than ${formatDuration(stale)}.`] : []),
  ]
}

/** The first by name, and how many more: as a list of one, or of none. */
const first = ([note]: readonly Note[], all: number): readonly string[] =>
  note ? [`${note.action}${all > 1 ? ` and ${all - 1} more` : ''}`] : []
