import type { Instant } from '../../time.js'
import type { Denials } from './denied.js'
import { nameOf, type Late, type Outside, type Refused } from './findings.js'
import { tolerated, type Known } from './issuances.js'
import { applied, endOf, type Session } from './sessions.js'

type Own = Session & { readonly known: Known }

const byTime = <T extends { readonly first: Instant }>(rows: readonly T[]): readonly T[] =>
  [...rows].sort((a, b) => a.first - b.first)

/** What each grant's sessions tried and were refused. */
export const refusedOf = (sessions: readonly Own[]): readonly Refused[] =>
  byTime(
    sessions.flatMap(({ known: { grant }, refused }) =>
      [...refused.values()].map(({ action, resource, code, region, count, first }) => ({
        ...nameOf(grant),
        action,
        resource,
        code,
        region,
        isRegionGranted: grant.scope?.regions.includes(region) ?? false,
        count,
        first,
      })),
    ),
  )

/** What worked in regions that the grants are not for. */
export const outsideOf = (sessions: readonly Own[]): readonly Outside[] =>
  byTime(
    sessions.flatMap(({ known: { grant }, outside }) =>
      [...outside.values()].map(({ region, action, count, first }) => ({
        ...nameOf(grant),
        region,
        action,
        count,
        first,
      })),
    ),
  )

/** What was done after the grants' ends, and whether what was to stop it did. */
export function lateOf(sessions: readonly Own[], denials: Denials): readonly Late[] {
  return sessions
    .flatMap((session): readonly Late[] => {
      const { known, late, refusedLate, seen } = session
      const { grant, issued } = known
      const isWithheld =
        issued.state === 'withheld' && session.key !== undefined && session.key === issued.accessKeyId
      if (late.size === 0 && refusedLate === 0 && !isWithheld) return []
      const rows = [...late.values()]
      const last = rows.length > 0 ? Math.max(...rows.map((row) => row.last)) : seen.last
      const deniedAt = denials.writtenFor(grant)
      const worked = isWithheld ? seen.count : rows.reduce((sum, { count }) => sum + count, 0)
      const end = Math.min(grant.endsAt ?? Infinity, issued.expiresAt ?? Infinity)
      const broken = isWithheld
        ? 'withheld'
        : worked > 0 && last > end + tolerated
          ? 'window'
          : worked > 0 && deniedAt !== undefined && last > deniedAt + applied
            ? 'deny'
            : undefined
      return [
        {
          ...nameOf(grant),
          state: grant.state,
          endedAt: endOf(grant),
          worked,
          actions: rows.map(({ action }) => action).sort(),
          last,
          refused: refusedLate,
          deniedAt,
          broken,
        },
      ]
    })
    .sort((a, b) => a.last - b.last)
}
