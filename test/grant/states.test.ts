import t from 'tap'
import fc from 'fast-check'
import { Fault } from '../../src/fault.js'
import { grantStates, type Grant, type GrantState } from '../../src/grant/grant.js'
import { current, firstState, next, steps, type Step } from '../../src/grant/states.js'
import { ulids } from '../../src/grant/ulid.js'

const now = Date.UTC(2026, 10, 22, 10)

/** A grant in a state, its clocks still running. */
function grantIn(state: GrantState, times: Partial<Grant> = {}): Grant {
  return {
    id: '01JD0000000000000000000000',
    version: 3,
    state,
    asker: {
      subject: 'corp#ana@example.com',
      issuer: 'https://login.example.com',
      kind: 'person',
      groups: [],
      claims: {},
      address: '203.0.113.7',
    },
    ask: { role: 'orders-debug' },
    scope: {
      role: 'orders-debug',
      account: '123456789012',
      accountName: 'prod',
      arn: 'arn:aws:iam::123456789012:role/stint-orders-debug',
      statements: [{ actions: ['dynamodb:GetItem'], resources: ['*'] }],
      regions: ['us-east-1'],
      window: 3_600_000,
      lifetime: 900_000,
    },
    decision: { outcome: 'approve', checks: [], requirements: [], config: 'hash', at: now },
    createdAt: now - 1_000,
    ...(state === 'pending' && { decideBy: now + 60_000 }),
    ...(state === 'active' && { activeAt: now - 1_000, endsAt: now + 60_000 }),
    ...times,
  }
}

/** The life of a grant as the design tells it, written down once more and apart from the code. */
const story: Readonly<Record<string, GrantState>> = {
  'pending vote_short': 'pending',
  'pending vote_holds': 'active',
  'pending vote_fails': 'denied',
  'pending vote_no': 'denied',
  'pending cancel': 'cancelled',
  'pending revoke': 'revoked',
  'active revoke': 'revoked',
  'active issue': 'active',
  'active end': 'ended',
}
const overtaken: Readonly<Record<string, GrantState>> = {
  'pending lapse': 'lapsed',
  'active expire': 'ended',
}

const outcome = (grant: Grant, step: Step, at: number): GrantState | 'conflict' => {
  try {
    return next(grant, step, at).state
  } catch (error) {
    if (error instanceof Fault && error.code === 'conflict') return 'conflict'
    throw error
  }
}

t.test('the whole product of states and steps is the table of the design', async (t) => {
  for (const state of grantStates)
    for (const step of steps) {
      const pair = `${state} ${step}`
      t.equal(outcome(grantIn(state), step, now), story[pair] ?? 'conflict', `${pair}, in time`)
      const late = grantIn(state, { decideBy: now, endsAt: now })
      t.equal(
        outcome(late, step, now),
        overtaken[pair] ?? 'conflict',
        `${pair}, when the clock has overtaken it`,
      )
    }
  t.strictSame(firstState, { deny: 'denied', approve: 'pending', allow: 'active' })
})

t.test('the clock starts at approval', async (t) => {
  const active = next(grantIn('pending'), 'vote_holds', now)
  t.equal(active.activeAt, now)
  t.equal(active.endsAt, now + 3_600_000)
  t.equal(active.version, 4)
  t.equal(next(active, 'issue', now + 5).endsAt, active.endsAt, 'issuing moves nothing')
})

t.test('a closed grant says when, by whom and why', async (t) => {
  const by = { subject: 'corp#bo@example.com', reason: 'not today' }
  t.match(next(grantIn('pending'), 'vote_no', now, by), {
    closedAt: now,
    closedBy: by.subject,
    closedReason: by.reason,
  })
  const lapsed = next(grantIn('pending', { decideBy: now - 5_000 }), 'lapse', now)
  t.equal(lapsed.closedAt, now - 5_000, 'when it was over, not when somebody noticed')
  t.equal(lapsed.closedBy, undefined)
})

t.test('what every reader sees is the state as of the clock, without any writer', async () => {
  fc.assert(
    fc.property(fc.constantFrom(...grantStates), fc.integer({ min: -9, max: 9 }), (state, offset) => {
      const grant = grantIn(state, { decideBy: now + offset, endsAt: now + offset })
      const seen = current(grant, now).state
      const over = offset <= 0
      const expected = over && state === 'pending' ? 'lapsed' : over && state === 'active' ? 'ended' : state
      return seen === expected
    }),
  )
})

t.test('ids sort by time, have the shape of a ULID and differ', async (t) => {
  let seed = 0
  const newId = ulids((bytes) => Uint8Array.from({ length: bytes }, () => (seed = (seed * 73 + 41) & 255)))
  t.match(newId(now), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
  t.ok(newId(now) < newId(now + 1))
  t.not(newId(now), newId(now))
  t.equal(
    ulids((bytes) => new Uint8Array(bytes))(1469918176385),
    '01ARYZ6S410000000000000000',
    'the published example',
  )
})
