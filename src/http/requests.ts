import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { EventKind } from '../audit/event.js'
import type { Ask, Outcome } from '../decision/decision.js'
import { Fault } from '../fault.js'
import type { Key } from '../grant/broker.js'
import type { GrantState } from '../grant/grant.js'
import type { Search } from '../grant/search.js'
import type { EventQuery } from '../grant/store.js'
import { parseDuration } from '../time.js'
import { preferred } from './accept.js'

/** Requests as the verbs take them. They were validated against the contract before anything here runs. */

/** The form of the answer. Refuses with `not_acceptable` before anything is done. */
export function formOf<T extends string>(request: FastifyRequest, offered: readonly T[]): T {
  const form = preferred(request.headers.accept, offered)
  if (form !== undefined) return form
  throw new Fault(
    'not_acceptable',
    `The answer comes as ${offered.join(', ')}; \`Accept\` allows none of these.`,
  )
}

export const idOf = (request: FastifyRequest): string => (request.params as { readonly id: string }).id

export function askOf(request: FastifyRequest): Ask {
  const { window, ...ask } = request.body as Omit<Ask, 'window'> & { readonly window?: string }
  const duration = window === undefined ? undefined : parseDuration(window)
  return { ...ask, ...(duration !== undefined && { window: duration }) }
}

/** The caller's `Idempotency-Key`, bound to what the body says. */
export function keyOf(request: FastifyRequest): Key | undefined {
  const key = request.headers['idempotency-key'] as string | undefined
  if (key === undefined) return undefined
  return { key, body: createHash('sha256').update(JSON.stringify(request.body)).digest('hex') }
}

/** The reason in a body that may be left out. */
export const reasonOf = (request: FastifyRequest): string | undefined =>
  (request.body as { readonly reason?: string } | null | undefined)?.reason

interface Between {
  readonly from?: string
  readonly to?: string
}

const between = ({ from, to }: Between) => ({
  ...(from !== undefined && { from: Date.parse(from) }),
  ...(to !== undefined && { to: Date.parse(to) }),
})

type Times = 'from' | 'to' | 'activeFrom' | 'activeTo'
type GrantFilters = Omit<Search, 'states' | 'access' | Times>

/** What can be done to a resource, as the contract calls it. */
const levels = {
  read: 'Read',
  list: 'List',
  write: 'Write',
  tag: 'Tagging',
  permissions: 'Permissions management',
} as const

export function grantQueryOf(request: FastifyRequest): Search {
  const { state, access, from, to, activeFrom, activeTo, ...filters } = request.query as GrantFilters &
    Partial<Record<Times, string>> & {
      readonly state?: readonly GrantState[]
      readonly outcome?: Outcome
      readonly access?: keyof typeof levels
    }
  return {
    ...filters,
    ...(state && { states: state }),
    ...(access && { access: levels[access] }),
    ...between({ ...(from && { from }), ...(to && { to }) }),
    ...(activeFrom !== undefined && { activeFrom: Date.parse(activeFrom) }),
    ...(activeTo !== undefined && { activeTo: Date.parse(activeTo) }),
  }
}

type EventFilters = Omit<EventQuery, 'kinds' | 'from' | 'to'>

export function eventQueryOf(request: FastifyRequest): EventQuery {
  const { kind, from, to, ...filters } = request.query as EventFilters &
    Between & { readonly kind?: readonly EventKind[] }
  return {
    ...filters,
    ...(kind && { kinds: kind }),
    ...between({ ...(from && { from }), ...(to && { to }) }),
  }
}

/** Which page of the checkpoints. */
export function checkpointsOf(request: FastifyRequest) {
  const { after = 0, limit } = request.query as { readonly after?: number; readonly limit: number }
  return { after, limit }
}

/** Numbers of events, in the path and the query. */
export function sizesOf(request: FastifyRequest) {
  const { from, size } = request.query as { readonly from?: number; readonly size?: number }
  const { seq } = request.params as { readonly seq?: string }
  return { from, size, seq: Number(seq) }
}
