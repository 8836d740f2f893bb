import type { Instant } from '../../time.js'
import type { History } from '../history.js'
import { factsIn, listIn, textIn, type Told } from '../told.js'

/** What AWS was told to deny, as the record has it. */
export interface Denials {
  take(told: Told): void
  /** When a deny that finds the grant's sessions was written for the first time after it was closed. */
  writtenFor(grant: History): Instant | undefined
}

interface Written {
  readonly at: Instant
  readonly grant: string | undefined
  readonly subject: string | undefined
  readonly everybody: boolean
}

/** Folds `revocation.written` events, in memory that grows with them. */
export function createDenials(): Denials {
  const byRole = new Map<string, Written[]>()
  return {
    take({ kind, at, data }) {
      const arn = textIn(data, 'arn')
      if (kind !== 'revocation.written' || arn === undefined) return
      const written = listIn(data, 'entries').map((entry) => ({
        at,
        grant: textIn(factsIn(entry, 'whose'), 'grant'),
        subject: textIn(factsIn(entry, 'whose'), 'subject'),
        everybody: textIn(entry, 'whose') === 'everybody',
      }))
      byRole.set(arn, [...(byRole.get(arn) ?? []), ...written])
    },
    writtenFor({ id, scope, asker, closedAt }) {
      const found = byRole
        .get(scope?.arn ?? '')
        ?.find(
          ({ at, grant, subject, everybody }) =>
            closedAt !== undefined &&
            at >= closedAt &&
            (everybody || grant === id || subject === asker.subject),
        )
      return found?.at
    },
  }
}
