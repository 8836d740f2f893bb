import type { Blocks } from '../decision/block.js'
import type { Ask, Decision } from '../decision/decision.js'
import { judge, type Judgement } from '../decision/judge.js'
import type { Duration, Instant } from '../time.js'
import type { Asked, Broker, Call, Key, Render } from './broker.js'
import { settle } from './commit.js'
import { emergencyOf, raised, reviewOf, type Emergency } from './emergency.js'
import { asked, factsOf } from './events.js'
import type { Grant, Snapshot } from './grant.js'
import { mint, started } from './issuing.js'
import { aloudIn, shownIn } from './notices.js'
import { prepare, type Prepared } from './order.js'
import { replay } from './replay.js'
import { accountOf, stillSo, totalsNow, type Counted } from './spending.js'
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

  const decided = await settle(broker, async () => {
    const longest = await broker.mint.longest()
    const [counted, emergency] = await Promise.all([
      before(broker, call, wanted),
      emergencyOf(broker, call, wanted),
    ])
    // From here to the commit nothing is waited for: what is committed was decided under the rules of now.
    const begun = begin(broker, call, wanted, key, { longest, counted, emergency })
    return { change: begun.change, result: begun }
  }).catch(async (error: unknown) => {
    // The same ask, sent twice, may have been recorded meanwhile.
    const same = await replay(broker, call, key, render)
    if (same) return same
    throw error
  })
  if ('kind' in decided) return decided
  const { grant, prepared, blocks } = decided
  const snapshot: Snapshot = { grant, votes: [], issuances: [] }
  if (prepared)
    return {
      kind: 'active',
      id: grant.id,
      answer: await mint(broker, call, { snapshot, prepared, blocks }, render),
    }
  return { kind: grant.state === 'pending' ? 'pending' : 'denied', snapshot }
}

/** What is known beside the ask. */
interface Beside {
  readonly longest: Duration | undefined
  readonly counted: Counted
  readonly emergency: Emergency
}

interface Begun {
  readonly grant: Grant
  readonly prepared: Prepared | undefined
  readonly blocks: Blocks
  readonly change: Change
}

/** Decides on an ask and writes the change that records it, with the start of its issuance if it is allowed. */
function begin(
  broker: Broker,
  call: Call,
  wanted: Ask,
  key: Key | undefined,
  { longest, counted, emergency }: Beside,
): Begun {
  const { now } = counted
  const catalog = broker.catalog()
  const { unreviewed } = emergency
  const judgement = judge({
    catalog,
    asker: call.caller,
    ask: wanted,
    asOf: now,
    ...counted,
    ...(unreviewed !== undefined && { unreviewed }),
  })
  const grant = grantOf(broker.newId(now), call, wanted, judgement, now)
  const { scope } = grant
  const prepared = grant.state === 'active' && scope ? prepare(broker, grant, scope, longest, now) : undefined
  const { events, ...beside } = raised(call, grant, judgement, emergency)
  const change: Change = {
    ...beside,
    expect: [{ grant: grant.id, version: 0 }],
    grant,
    ...(prepared && { issuance: { from: 'none', row: prepared.row } }),
    ...(key && { key: { subject: call.caller.subject, key: key.key, body: key.body, grant: grant.id } }),
    ...(grant.state === 'active' && stillSo(counted, catalog, grant)),
    ...(grant.state !== 'denied' && { blocks: counted.blocks.version }),
    config: catalog.hash,
    events: [asked(call, grant), ...events, ...(prepared ? [started(call, prepared)] : [])],
  }
  return { grant, prepared, blocks: counted.blocks, change }
}

/** The decision that this ask would get now. Asks for nothing and records nothing. */
export async function preview(broker: Broker, call: Call, wanted: Ask): Promise<Decision> {
  const [counted, { unreviewed }] = await Promise.all([
    before(broker, call, wanted),
    emergencyOf(broker, call, wanted),
  ])
  return judge({
    catalog: broker.catalog(),
    asker: call.caller,
    ask: wanted,
    asOf: counted.now,
    ...counted,
    ...(unreviewed !== undefined && { unreviewed }),
  }).decision
}

/** What was granted before to whoever asks. */
const before = (broker: Broker, { caller }: Call, { role, account }: Ask) =>
  totalsNow(broker, { asker: caller, role, account: accountOf(broker.catalog(), role, account) })

function grantOf(id: string, call: Call, wanted: Ask, judgement: Judgement, now: Instant): Grant {
  const { decision, rules, matter } = judgement
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
    ...(state === 'active' && reviewOf(judgement)),
    ...shownIn(matter.catalog, state, rules, undefined, aloudIn(judgement)),
  }
}
