import { globalServices } from '../../iam/global-services.js'
import { matches } from '../../iam/pattern.js'
import type { Duration, Instant } from '../../time.js'
import type { History } from '../history.js'
import { actionsOf } from './actions.js'
import type { Call } from './call.js'
import { remembered } from './coverage.js'
import { tolerated, type Issuances, type Known } from './issuances.js'
import { isRefused, triedIn, type Tried } from './refusal.js'

/** How often something happened, and when first and last. */
export interface Seen {
  count: number
  first: Instant
  last: Instant
}

/** The calls of one session, or what of them was signed with one key. */
export interface Session {
  /** ARN of the role. */
  readonly role: string
  /** `AROA…:name`. */
  readonly id: string
  /** None where a service or the console called on the session's behalf, with keys of their own. */
  readonly key: string | undefined
  readonly known: Known | undefined
  readonly sourceIdentity: string | undefined
  readonly address: string | undefined
  readonly seen: Seen
  readonly refused: Map<string, Tried & Seen & { readonly region: string }>
  /** What worked in a region that the grant is not for, by region and action. */
  readonly outside: Map<string, Seen & { readonly region: string; readonly action: string }>
  /** What worked after the grant was closed, by action, and how often something was refused then. */
  readonly late: Map<string, Seen & { readonly action: string }>
  refusedLate: number
}

/** The sessions of the catalogue's roles. */
export interface Sessions {
  take(call: Call): void
  all(): Iterable<Session>
  /** Whether there were more than are kept: the rest is told of in no finding. */
  readonly isFull: boolean
}

/** How much of what a session did is kept one by one, and how many sessions: more is hostile, or nobody reads it. */
const most = { each: 200, sessions: 200_000 }

/** From then on nothing of the grant may work: its window is over, or somebody closed it. */
export const endOf = ({ closedAt, endsAt }: History): Instant =>
  Math.min(closedAt ?? Infinity, endsAt ?? Infinity)

/** Adds up calls by session, in any order: memory grows with sessions, not with calls. */
export function createSessions(roles: ReadonlyMap<string, string>, issuances: Issuances): Sessions {
  const sessions = new Map<string, Session>()
  const actions = remembered((text) => actionsOf(...split(text)))
  const isGlobal = remembered((action) =>
    globalServices.some((pattern) => matches(pattern, action, { fold: true })),
  )
  let isFull = false

  function sessionOf(call: Call): Session | undefined {
    const { by, address, at } = call
    if (by.role === undefined || !roles.has(by.role) || by.id === undefined) return undefined
    const key = by.invokedBy !== undefined || by.console ? undefined : by.accessKeyId
    const name = `${by.id}\n${key ?? ''}`
    const found = sessions.get(name)
    if (found) return found
    if (sessions.size >= most.sessions) {
      isFull = true
      return undefined
    }
    const session: Session = {
      role: by.role,
      id: by.id,
      key,
      known: issuances.calling(call),
      sourceIdentity: by.sourceIdentity,
      address,
      seen: { count: 0, first: at, last: at },
      refused: new Map(),
      outside: new Map(),
      late: new Map(),
      refusedLate: 0,
    }
    sessions.set(name, session)
    return session
  }

  return {
    get isFull() {
      return isFull
    },
    all: () => sessions.values(),
    take(call) {
      const session = sessionOf(call)
      if (!session) return
      const { at, region, source, name } = call
      seeAgain(session.seen, at)
      const { known } = session
      if (!known || !call.isApi) return
      const isLate = at > endOf(known.grant) + tolerated
      if (isRefused(call)) {
        if (isLate) return void session.refusedLate++
        const tried = triedIn(call)
        see(session.refused, [tried.action, tried.resource, tried.code, region], at, { ...tried, region })
        return
      }
      const [action = `${source} ${name}`, ...others] = actions(`${source}\n${name}`)
      if (isLate) see(session.late, [action], at, { action })
      const allowed = known.grant.scope?.regions ?? []
      // A service that calls on the session's behalf chooses where; what has no action, no policy judges.
      const isJudged = call.by.invokedBy === undefined && actions(`${source}\n${name}`).length > 0
      if (!isJudged || region === '' || allowed.length === 0 || allowed.includes(region)) return
      if (![action, ...others].some(isGlobal)) see(session.outside, [region, action], at, { region, action })
    },
  }
}

/** Neither a source nor an event's name has a line's end that would not be cut off here. */
const split = (text: string): [source: string, name: string] => {
  const at = text.indexOf('\n')
  return [text.slice(0, at), text.slice(at + 1)]
}

function seeAgain(seen: Seen, at: Instant): void {
  seen.count++
  seen.first = Math.min(seen.first, at)
  seen.last = Math.max(seen.last, at)
}

function see<T extends object>(
  kept: Map<string, T & Seen>,
  name: readonly string[],
  at: Instant,
  what: T,
): void {
  const key = name.join('\n')
  const found = kept.get(key)
  if (found) seeAgain(found, at)
  else if (kept.size < most.each) kept.set(key, { ...what, count: 1, first: at, last: at })
}

/** AWS applies a deny that was written within so long ("IAM … eventually consistent"; usually a minute or two). */
export const applied: Duration = 5 * 60_000
