import type { Duration, Instant } from '../../time.js'
import { prefixOf } from './actions.js'
import type { Call } from './call.js'

/** From the first event of an account that was read to its last. Whether there are gaps between cannot be known. */
export interface Span {
  readonly from: Instant
  readonly to: Instant
  readonly events: number
}

/** What a trail can say anything about. */
export interface Coverage {
  readonly events: number
  readonly from: Instant | undefined
  readonly to: Instant | undefined
  readonly accounts: ReadonlyMap<string, Span>
  readonly regions: ReadonlySet<string>
  /** By their prefix in policies, those of which there is any event that is none on data. */
  readonly services: ReadonlySet<string>
  /** Those of which there are events on data. */
  readonly dataServices: ReadonlySet<string>
  /** Management events that say that they only read, and that they do not. */
  readonly reads: number
  readonly writes: number
}

export interface Covering extends Coverage {
  take(call: Call): void
}

/** CloudTrail delivers most events within 5 minutes, and promises nothing ("How CloudTrail works"): so long is waited for. */
export const delivery: Duration = 15 * 60_000

/** Names that come from a file are kept up to so many, lest a hostile one fills the memory. */
const most = 10_000

/** Adds up what a trail covers, in any order of its events. */
export function covering(): Covering {
  const accounts = new Map<string, Span>()
  const [regions, services, dataServices] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const add = (names: Set<string>, name: string | undefined) => {
    if (name !== undefined && name !== '' && names.size < most) names.add(name)
  }
  const totals = { events: 0, reads: 0, writes: 0 }
  let [from, to]: [Instant | undefined, Instant | undefined] = [undefined, undefined]
  const prefix = remembered(prefixOf)
  return {
    accounts,
    regions,
    services,
    dataServices,
    get events() {
      return totals.events
    },
    get reads() {
      return totals.reads
    },
    get writes() {
      return totals.writes
    },
    get from() {
      return from
    },
    get to() {
      return to
    },
    take({ at, source, region, account, isData, readOnly }) {
      totals.events++
      from = Math.min(from ?? at, at)
      to = Math.max(to ?? at, at)
      add(regions, region)
      add(isData ? dataServices : services, prefix(source))
      if (!isData && readOnly === true) totals.reads++
      if (!isData && readOnly === false) totals.writes++
      if (account === undefined || (!accounts.has(account) && accounts.size >= most)) return
      const old = accounts.get(account)
      accounts.set(account, {
        from: Math.min(old?.from ?? at, at),
        to: Math.max(old?.to ?? at, at),
        events: (old?.events ?? 0) + 1,
      })
    },
  }
}

/** Whether the trail has events of that account on both sides of the time, and those of its end have had time to come. */
export function covers(
  { accounts }: Coverage,
  account: string | undefined,
  from: Instant,
  to: Instant,
): boolean {
  const span = account === undefined ? undefined : accounts.get(account)
  return span !== undefined && span.from <= from && span.to >= to + delivery
}

/** A pure function of a text that looks each up once, of as many as there is room for. */
export function remembered<T>(look: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = look(text)
    if (known.size < most) known.set(text, made)
    return made
  }
}
