import type { Event } from '../audit/event.js'
import type { Blocks } from '../decision/block.js'
import { Fault } from '../fault.js'
import type { Broker, Call, Render } from './broker.js'
import { standsOn } from './blocked.js'
import { commit, tries } from './commit.js'
import { factsOf, issuance } from './events.js'
import type { Grant, Issuance, Snapshot } from './grant.js'
import { issuedNotices } from './notices.js'
import type { Credentials, Minted } from './mint.js'
import type { Prepared } from './order.js'
import { current } from './states.js'

/** The event that must be durable before STS is called. */
export function started(call: Call, { row, order }: Prepared): Event {
  const { roleArn, sourceIdentity, durationSeconds, policy, policyArns, tags } = order
  return issuance(call, row, row.startedAt, {
    roleArn,
    sourceIdentity,
    durationSeconds,
    policy: JSON.parse(policy) as unknown,
    ...(policyArns && { policyArns }),
    caller: factsOf(call.caller),
    ...(tags && { tags }),
  })
}

/** What an issuance was decided on. `snapshot` is as it was when the start was committed. */
export interface Decided {
  readonly snapshot: Snapshot
  readonly prepared: Prepared
  readonly blocks: Blocks
}

/**
 * Calls STS for an issuance whose start is on the record, and answers with the credentials only once its
 * end is there too. The answer is made first and committed as done second, so that nothing between the
 * record and the first byte can fail. If the grant was closed meanwhile, the credentials are withheld.
 */
export async function mint<T>(
  broker: Broker,
  call: Call,
  { snapshot, prepared, blocks }: Decided,
  render: Render<T>,
): Promise<T> {
  const minted = await broker.mint.assume(prepared.order)
  const row = finished(prepared, minted, broker.clock())
  if (!minted.ok) {
    await recordEnd(broker, call, row)
    throw new Fault(minted.fault.code, minted.fault.detail, {
      members: { grant: prepared.row.grant },
      ...(minted.fault.retryAfter !== undefined && { retryAfter: minted.fault.retryAfter }),
      cause: minted.fault.cause,
    })
  }
  const credentials: Credentials = { ...minted.credentials, expiresAt: row.expiresAt ?? prepared.notAfter }
  const answer = await rendered(broker, call, row, () =>
    render({ ...snapshot, issuances: [...snapshot.issuances, row] }, credentials),
  )
  return done(broker, call, row, answer, { grant: snapshot.grant, blocks })
}

/** The issuance as it ends. Credentials end with the window even where STS would let them live longer. */
function finished({ row, notAfter }: Prepared, minted: Minted, now: number): Issuance {
  const { attempts, requestId } = minted
  const ended = {
    ...row,
    finishedAt: now,
    attempts,
    ...(requestId !== undefined && { stsRequestId: requestId }),
  }
  if (!minted.ok) return { ...ended, state: minted.certain ? 'failed' : 'unknown', fault: minted.fault.code }
  return {
    ...ended,
    state: 'done',
    accessKeyId: minted.credentials.accessKeyId,
    assumedRoleId: minted.assumedRoleId,
    expiresAt: Math.min(minted.credentials.expiresAt, notAfter),
    ...(minted.packedPolicySize !== undefined && { packedPolicySize: minted.packedPolicySize }),
  }
}

async function rendered<T>(broker: Broker, call: Call, row: Issuance, render: () => T): Promise<T> {
  try {
    return render()
  } catch (error) {
    await recordEnd(broker, call, { ...row, state: 'withheld' })
    throw error
  }
}

/** What the end of an issuance rests on. */
interface Known {
  readonly grant: Grant | undefined
  readonly blocks: Blocks
}

async function look({ store }: Broker, id: string): Promise<Known> {
  const [found, blocks] = await Promise.all([store.snapshot(id), store.blocks()])
  return { grant: found?.grant, blocks }
}

/**
 * Commits `done` if the grant is active still; whatever moved it meanwhile has the credentials withheld. What it was
 * decided on is looked at again only where the commit finds that it has moved.
 */
async function done<T>(broker: Broker, call: Call, row: Issuance, answer: T, decided: Known): Promise<T> {
  let why = 'STS took too long to answer'
  for (let round = 0; round < tries; round++) {
    const { grant: found, blocks } = round === 0 ? decided : await look(broker, row.grant)
    const now = broker.clock()
    const grant = found && current(found, now)
    if (grant?.state !== 'active') {
      why = `the grant was ${grant?.state ?? 'gone'} when STS answered`
      break
    }
    if (standsOn(blocks, grant)) {
      why = 'it was revoked when STS answered'
      break
    }
    const change = {
      expect: [{ grant: grant.id, version: grant.version }],
      issuance: { from: 'started' as const, row },
      blocks: blocks.version,
      outbox: issuedNotices(grant, row.id, now),
      events: [issuance(call, row, now, { ...whose(grant), ...nearlyFull(row) })],
    }
    const outcome = await commit(broker, change)
    if (outcome.ok) return answer
    // Anything else is final: a sweep has given this issuance up for lost.
    if (outcome.conflict !== 'version' && outcome.conflict !== 'blocks') break
  }
  await recordEnd(broker, call, { ...row, state: 'withheld' })
  throw new Fault('conflict', `The credentials were withheld, since ${why}.`, {
    members: { grant: row.grant },
  })
}

/** Records how an issuance ended without an answer; one that a sweep already called unknown is corrected. */
async function recordEnd(broker: Broker, call: Call, row: Issuance): Promise<void> {
  for (const from of ['started', 'unknown'] as const) {
    if (from === row.state) return
    const events = [issuance(call, row, broker.clock())]
    const outcome = await commit(broker, { issuance: { from, row }, events })
    if (outcome.ok) return
  }
}

/** What the credentials are for, so that whoever is told only of this event knows it. */
const whose = ({ ask, scope }: Grant) => ({ role: ask.role, ...(scope && { roleArn: scope.arn }) })

/** From 80 percent on, an ask like this one is about to fail: the record says so while there is time. */
const nearlyFull = ({ packedPolicySize }: Issuance) =>
  packedPolicySize !== undefined && packedPolicySize >= 80
    ? { warning: `packed policy at ${packedPolicySize} percent of what STS takes` }
    : {}
