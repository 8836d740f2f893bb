import type { Instant } from '../../time.js'
import { createHistories } from '../histories.js'
import type { History } from '../history.js'
import type { Told } from '../told.js'
import type { Finding } from './finding.js'
import { findingsIn } from './findings.js'
import { observing, type Observed } from './observed.js'
import { usesOf, type Uses } from './uses.js'

/** From, inclusive, to, exclusive. */
export interface Period {
  readonly from: Instant
  readonly to: Instant
}

/** What a record says of a period: what was asked for in it, as it stood at its end. */
export interface Review extends Uses {
  readonly period: Period
  /** The end of the period, or of the record where that is earlier: states are those of this moment. */
  readonly asOf: Instant
  /** What was asked for in the period, in that order. */
  readonly grants: readonly History[]
  /** How many grants were open when the period began. */
  readonly carried: number
  readonly observed: Observed
  /** Everything that was looked for, also what was not found. */
  readonly findings: readonly Finding[]
}

interface Reviewing {
  /** Takes the next event of the record in, from its beginning; what is after the period is let be. */
  take(told: Told): void
  end(): Review
}

/**
 * Reviews a period, event by event from the beginning of the record on: what is usual for a person is learnt from before
 * it too. No clock is read, so the same events come to the same value. Memory grows with grants and people, not with events.
 */
export function reviewing(period: Period): Reviewing {
  const histories = createHistories()
  const watch = observing(period)
  return {
    take(told) {
      watch.take(told)
      if (told.at < period.to) histories.take(told)
    },
    end() {
      const observed = watch.end()
      const asOf = Math.min(period.to, observed.last?.at ?? period.to)
      const all = [...histories.all()].map((history) => asOfThen(history, asOf))
      const grants = all.filter(({ askedAt }) => askedAt >= period.from)
      const carried = all.filter(
        ({ askedAt, closedAt = Infinity }) => askedAt < period.from && closedAt > period.from,
      ).length
      return {
        period,
        asOf,
        grants,
        carried,
        observed,
        ...usesOf(grants),
        findings: findingsIn({ period, all, grants, observed }),
      }
    },
  }
}

/** The clock decides what lapses and ends; the sweep writes it down later, perhaps after the period. */
function asOfThen(history: History, at: Instant): History {
  const { state, decideBy = Infinity, endsAt = Infinity } = history
  if (state === 'pending' && decideBy <= at) return { ...history, state: 'lapsed', closedAt: decideBy }
  if (state === 'active' && endsAt <= at) return { ...history, state: 'ended', closedAt: endsAt }
  return history
}
