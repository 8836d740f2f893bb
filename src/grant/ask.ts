import type { Ask, Decision } from '../decision/decision.js'
import { judge, type Judgement } from '../decision/judge.js'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'
import type { Asked, Broker, Call, Key, Render } from './broker.js'
import { commit, tries } from './commit.js'
import { asked, factsOf } from './events.js'
import type { Grant, Snapshot } from './grant.js'
import { mint, started } from './issuing.js'
import { prepare } from './order.js'
import { replay } from './replay.js'
import { accountOf, stillSo, totalsNow } from './spending.js'
import { firstState } from './states.js'
import type { Change } from './store.js'

/**
 * Decides on an ask, records it, and mints at once where it is allowed. Throws the faults of `mint` with
 * the grant's id when STS fails: the grant is active then, and can be collected.
 */
export async function ask<T>(
  broker: Broker,
  call: Call,
  wanted: Ask,
  key: Key | undefined,
  render: Render<T>,
): Promise<Asked<T>> {
  await broker.recordHolds()
  const first = await replay(broker, call, key, render)
  if (first) return first

  let unsettled = 0
  for (let round = 0; round < rounds && unsettled < tries; round++) {
    const asked = await askOnce(broker, call, wanted, key, render)
    if (typeof asked === 'object') return asked
    if (asked === 'totals') continue
    unsettled++
    await broker.rulesMoved()
  }
  throw unsettled < tries
    ? new Fault('contended', 'Too much is asked for at this moment to add it up. Repeat it.', {
        retryAfter: 1,
      })
    : new Fault(
        'rules_unsettled',
        'The replicas of Stint have not all loaded the same rules yet. Ask again in a moment.',
        { retryAfter: 2 },
      )
}

/** How often an ask is decided again because others were granted something meanwhile: of those that race one gets on. */
const rounds = 25

/** One attempt; or what it was decided by and is so no more: the rules in force, or what was granted before. */
async function askOnce<T>(
  broker: Broker,
  call: Call,
  wanted: Ask,
  key: Key | undefined,
  render: Render<T>,
): Promise<Asked<T> | 'config' | 'totals'> {
  const longest = await broker.mint.longest()
  const counted = await before(broker, call, wanted)
  const { now, totals } = counted
  // From here to the commit nothing is waited for: what is committed was decided under the rules of now.
  const catalog = broker.catalog()
  const judgement = judge({ catalog, asker: call.caller, ask: wanted, asOf: now, now, totals })
  const grant = begin(broker.newId(now), call, wanted, judgement, now)
  const { scope } = grant
  const prepared = grant.state === 'active' && scope ? prepare(broker, grant, scope, longest, now) : undefined
  const change: Change = {
    expect: [{ grant: grant.id, version: 0 }],
    grant,
    ...(prepared && { issuance: { from: 'none', row: prepared.row } }),
    ...(key && { key: { subject: call.caller.subject, key: key.key, body: key.body, grant: grant.id } }),
    ...(grant.state === 'active' && stillSo(counted, catalog, grant)),
    config: catalog.hash,
    events: prepared ? [asked(call, grant), started(call, prepared)] : [asked(call, grant)],
  }
  const outcome = await commit(broker, change)
  if (!outcome.ok) {
    if (outcome.conflict === 'config' || outcome.conflict === 'totals') return outcome.conflict
    const first = await replay(broker, call, key, render)
    if (first) return first
    throw new Fault('contended', 'The ask could not be recorded. Repeat it.', { retryAfter: 1 })
  }

  const snapshot: Snapshot = { grant, votes: [], issuances: [] }
  if (prepared)
    return { kind: 'active', id: grant.id, answer: await mint(broker, call, snapshot, prepared, render) }
  return { kind: grant.state === 'pending' ? 'pending' : 'denied', snapshot }
}

/** The decision that this ask would get now. Asks for nothing and records nothing. */
export async function preview(broker: Broker, call: Call, wanted: Ask): Promise<Decision> {
  const { now, totals } = await before(broker, call, wanted)
  return judge({ catalog: broker.catalog(), asker: call.caller, ask: wanted, asOf: now, now, totals })
    .decision
}

/** What was granted before to whoever asks. */
const before = (broker: Broker, { caller }: Call, { role, account }: Ask) =>
  totalsNow(broker, { asker: caller, role, account: accountOf(broker.catalog(), role, account) })

function begin(id: string, call: Call, wanted: Ask, { decision, rules }: Judgement, now: Instant): Grant {
  const state = firstState[decision.outcome]
  return {
    id,
    version: 1,
    state,
    asker: factsOf(call.caller),
    ask: wanted,
    ...(decision.scope && { scope: decision.scope }),
    decision,
    createdAt: now,
    ...(state === 'pending' && { decideBy: now + Math.min(...rules.map(({ within }) => within)) }),
    ...(state === 'active' && { activeAt: now, endsAt: now + (decision.scope?.window ?? 0) }),
    ...(state === 'denied' && { closedAt: now }),
  }
}
