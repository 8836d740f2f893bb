import type { Test } from 'tap'
import { verify } from '../../src/audit/chain.js'
import type { Entry, Event } from '../../src/audit/event.js'
import type { Cost } from '../../src/decision/decision.js'
import type { Grant, Issuance, Vote } from '../../src/grant/grant.js'
import type { Change, Store } from '../../src/grant/store.js'

/** When the tests happen; far from any real clock. */
export const t0 = Date.UTC(2026, 10, 22, 10)
export const minute = 60_000

export type GrantParts = Partial<Omit<Grant, 'ask' | 'asker' | 'decision' | 'scope'>> & {
  readonly subject?: string
  readonly actor?: string
  readonly role?: string
  readonly account?: string
  readonly reason?: string
  /** None where null. */
  readonly ticket?: string | null
  readonly config?: string
  /** Infinity where nothing bounds it. */
  readonly usd?: number
  readonly outcome?: 'allow' | 'approve' | 'deny'
}

/** A grant as the broker would write it: pending for ten minutes, unless the parts say otherwise. */
export function grantOf(id: string, parts: GrantParts = {}): Grant {
  const { subject = 'corp#ada', actor, role = 'orders-debug', account = '123456789012', ...rest } = parts
  const { reason = 'Looking into a stuck order', outcome = 'approve', ...more } = rest
  const { ticket = 'OPS-1', config = 'c0ffee', usd, ...given } = more
  const createdAt = given.createdAt ?? t0
  const state = given.state ?? 'pending'
  return {
    id,
    version: 1,
    state,
    asker: {
      subject,
      issuer: 'https://login.example.com',
      kind: actor === undefined ? 'person' : 'workload',
      groups: ['engineers'],
      ...(actor === undefined ? {} : { actor }),
      claims: { team: 'orders' },
      address: '203.0.113.9',
    },
    ask: { role, account, reason, ...(ticket !== null && { ticket }), window: 15 * minute },
    decision: {
      outcome,
      checks: [],
      requirements: [],
      config,
      at: createdAt,
      ...(usd !== undefined && { cost: costing(usd) }),
    },
    createdAt,
    ...(state === 'pending' ? { decideBy: createdAt + 10 * minute } : {}),
    ...(state === 'active' ? { activeAt: createdAt, endsAt: createdAt + 15 * minute } : {}),
    ...given,
  }
}

const costing = (usd: number): Cost => ({
  concerns: [],
  ...(Number.isFinite(usd) && { declared: { usd, because: 'measured', until: '2027-01-01' } }),
})

export const voteOf = (grant: string, subject: string, at = t0): Vote => ({
  grant,
  voter: {
    subject,
    issuer: 'https://login.example.com',
    kind: 'person',
    groups: [],
    claims: {},
    address: '::1',
  },
  answer: 'yes',
  at,
})

export const issuanceOf = (id: string, grant: string, parts: Partial<Issuance> = {}): Issuance => ({
  id,
  grant,
  state: 'started',
  sessionName: `ada-${id}`,
  startedAt: t0,
  ...parts,
})

export const eventOf = (parts: Partial<Event> = {}): Event => ({
  kind: 'grant.pending',
  at: t0,
  by: 'corp#ada',
  data: {},
  ...parts,
})

/** The change that creates a grant, with its event. */
export const creation = (grant: Grant): Change => ({
  expect: [{ grant: grant.id, version: 0 }],
  grant,
  events: [eventOf({ at: grant.createdAt, by: grant.asker.subject, grant: grant.id })],
})

/** How a commit says what no longer held. */
export const conflict = (what: string) => ({ ok: false, conflict: what })

/** A ULID's shape, in the order of `n`. */
export const idOf = (n: number): string => `01KAM${String(n).padStart(21, '0')}`

/** A fresh, empty store for one test. */
export async function fresh(t: Test, open: () => Promise<Store>): Promise<Store> {
  const store = await open()
  t.teardown(() => store.close())
  return store
}

/** The whole log. */
export const logOf = (store: Store): Promise<readonly Entry[]> => store.events({ limit: 10_000 })

/** Asserts that the log has this many entries and verifies up to its head. */
export async function chained(t: Test, store: Store, count: number): Promise<void> {
  const entries = await logOf(store)
  t.equal(entries.length, count)
  t.same(verify(entries), { ok: true, head: await store.head() })
}
