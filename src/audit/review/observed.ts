import type { Duration, Instant } from '../../time.js'
import { listIn, textIn, type Facts, type Told } from '../told.js'
import type { Period } from './review.js'

/** What happened in a period beside the grants themselves. */
export interface Observed {
  readonly events: number
  readonly kinds: ReadonlyMap<string, number>
  /** The first event of the record, and the newest before the period's end. */
  readonly began: Instant | undefined
  readonly last: { readonly seq: number; readonly at: Instant } | undefined
  /** Hash of the rules that were loaded last before the period, and before its end. */
  readonly config: { readonly before: string | undefined; readonly last: string | undefined }
  /** What callers were refused, most often first. */
  readonly refused: readonly Refused[]
  /** How often who read what is for auditors and operators. */
  readonly reads: ReadonlyMap<string, number>
  /** What is rare and told one by one, oldest first. */
  readonly acts: readonly Told[]
  /** Events that say that they happened long before one with a smaller number. */
  readonly backwards: readonly { readonly seq: number; readonly at: Instant; readonly by: Duration }[]
}

/** The same refusal of the same caller. */
export interface Refused {
  readonly by: string
  readonly operation: string
  /** `own_ask`, the names of the checks that failed, or the code. */
  readonly why: string
  readonly count: number
  readonly first: Instant
  readonly last: Instant
  /** Some of the grants that it was about. */
  readonly grants: readonly string[]
}

/** Acts of operators, and what befell the record: few, and each is worth a line. */
const acts = new Set([
  ...['config.loaded', 'config.refused', 'log.restored', 'log.keys'],
  ...['log.archived', 'log.dropped', 'log.migrated', 'log.copied'],
  ...['revocation.placed', 'revocation.lifted', 'revocation.failed'],
])

/** As many as verification lets pass: what is decided at one moment is committed at another. */
const tolerated: Duration = 60_000

const mostGrants = 5

export function observing({ from, to }: Period) {
  const kinds = new Map<string, number>()
  const reads = new Map<string, number>()
  const refused = new Map<string, Refused>()
  const told: Told[] = []
  const backwards: { seq: number; at: Instant; by: Duration }[] = []
  let events = 0
  let began: Instant | undefined
  let before: Instant = -Infinity
  let last: Observed['last']
  let config: Observed['config'] = { before: undefined, last: undefined }

  return {
    take(event: Told): void {
      const { seq, at, kind, by } = event
      began ??= at
      const behind = before - at
      before = at
      if (at >= to) return
      if (!last || at > last.at) last = { seq, at }
      if (kind === 'config.loaded') {
        const hash = textIn(event.data, 'config')
        config = { before: at < from ? hash : config.before, last: hash }
      }
      if (at < from) return
      events++
      if (behind > tolerated) backwards.push({ seq, at, by: behind })
      count(kinds, kind)
      if (kind === 'audit.read') count(reads, by)
      if (acts.has(kind)) told.push(event)
      const refusal = refusalIn(event)
      if (refusal) add(refused, by, refusal, event)
    },
    end: (): Observed => ({
      events,
      kinds: sorted(kinds),
      began,
      last,
      config,
      refused: [...refused.values()].sort((a, b) => b.count - a.count || a.first - b.first),
      reads: sorted(reads),
      acts: told,
      backwards,
    }),
  }
}

export const count = <K>(counts: Map<K, number>, name: K, more = 1): void =>
  void counts.set(name, (counts.get(name) ?? 0) + more)

/** The most first, and by name where they are as many. */
export const sorted = (counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)))

type Refusal = Pick<Refused, 'operation' | 'why'>

/** What a caller was refused: an ask that was denied at once, or a request. */
function refusalIn({ kind, data }: Told): Refusal | undefined {
  if (kind === 'grant.denied' && data['ask'] !== undefined)
    return { operation: 'ask', why: failedIn((data['decision'] ?? {}) as Facts) ?? 'denied' }
  if (kind !== 'request.refused') return undefined
  const why = textIn(data, 'why') ?? failedIn(data) ?? textIn(data, 'code') ?? ''
  return { operation: textIn(data, 'operation') ?? '', why }
}

function failedIn(facts: Facts): string | undefined {
  const failed = listIn(facts, 'checks').filter(({ ok }) => ok === false)
  return failed.length === 0 ? undefined : failed.flatMap((one) => textIn(one, 'check') ?? []).join(', ')
}

function add(refused: Map<string, Refused>, by: string, refusal: Refusal, { at, grant }: Told): void {
  const key = JSON.stringify([by, refusal.operation, refusal.why])
  const { count: times = 0, first = at, grants = [] } = refused.get(key) ?? {}
  const more = grant === undefined || grants.includes(grant) || grants.length === mostGrants ? [] : [grant]
  refused.set(key, { by, ...refusal, count: times + 1, first, last: at, grants: [...grants, ...more] })
}
