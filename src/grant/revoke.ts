import type { Block, Blocked, Blocks } from '../decision/block.js'
import { Fault } from '../fault.js'
import { iso, type Instant } from '../time.js'
import { aftermathOf, type RoleAftermath } from './aftermath.js'
import { mustNotBeBlocked } from './blocked.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { closeAll } from './close-all.js'
import { allowAgain, denyBlock } from './denials.js'
import { atOnce, enforce } from './enforce.js'
import { revocation as happened } from './events.js'
import type { Grant } from './grant.js'
import { reachOf, type Reach } from './reach.js'
import { isAuditor, isOffboarder, isOperator } from './visible.js'

/** What is to be revoked, and why. */
export interface Wish extends Blocked {
  readonly reason: string
}

/** A revocation, the grants that it closed, and what becomes of sessions, role by role. */
export interface Revoked {
  readonly block: Block
  readonly closed: readonly string[]
  readonly aftermath: readonly RoleAftermath[]
}

/**
 * Stops a person, a role, an account or everything: from the moment that this is committed nothing is granted or issued to
 * it, on any replica, until it is lifted; what STS answers later is withheld. A person's open grants and pending asks are
 * closed, also those of runs that they stand behind; other grants stay, and can be collected again once it is
 * lifted. Revoking again what is revoked finishes what the first time left undone.
 *
 * Refuses with `forbidden` (not an operator), `invalid_request` and `not_found` (no such role or account).
 */
export async function revoke(broker: Broker, call: Call, wish: Wish): Promise<Revoked> {
  return onRecord(broker, call, 'revocations.place', undefined, async () => {
    mustExist(broker, wish)
    const { block, closed } = await place(broker, call, wish, () => readBlocks(broker, call, wish))
    const reached = [
      ...(await reachOf(broker, block)).keys(),
      ...closed.flatMap(({ scope }) => scope?.arn ?? []),
    ]
    // What is written at once is waited for, and no more: the job writes the rest a moment later.
    await enforce(broker, [...new Set(reached)].slice(0, atOnce))
    return { block, closed: closed.map(({ id }) => id), aftermath: await aftermathOf(broker, block) }
  })
}

/**
 * The same for somebody of whom their directory says that they have left. It was said at `saidAt`: what an operator has
 * lifted since then is not placed again by a message that somebody kept. What AWS is to deny is written a moment later.
 *
 * Refuses with `invalid_request` and `conflict` (lifted since).
 */
export async function offboard(
  broker: Broker,
  call: Call,
  {
    subject,
    reason,
    saidAt,
  }: { readonly subject: string; readonly reason: string; readonly saidAt: Instant },
): Promise<Block> {
  const wish = { of: 'subject', name: subject, reason } as const
  return onRecord(broker, call, 'revocations.place', undefined, async () => {
    mustExist(broker, wish)
    const { block } = await place(broker, call, wish, async () => {
      const [blocks, newest] = await Promise.all([
        broker.store.blocks(),
        broker.store.searchBlocks({ limit: 1_000 }),
      ])
      const lifted = newest.find((one) => one.name === subject && (one.lifted?.at ?? -1) >= saidAt)
      if (lifted) throw new Fault('conflict', `It was lifted after this was said (revocation ${lifted.id}).`)
      return blocks
    })
    return block
  })
}

/** Places the block, unless it stands already, and closes what a person has open. `read` refuses who may not. */
async function place(
  broker: Broker,
  call: Call,
  wish: Wish,
  read: () => Promise<Blocks>,
): Promise<{ readonly block: Block; readonly closed: readonly Grant[] }> {
  const block = await settle(broker, async () => {
    const blocks = await read()
    const standing = blocks.standing.find(({ of, name }) => of === wish.of && name === wish.name)
    if (standing) return { change: { events: [] }, result: standing }
    const at = broker.clock()
    const placed: Block = {
      id: broker.newId(at),
      version: blocks.version + 1,
      ...wish,
      by: call.caller.subject,
      at,
    }
    const reach = await reachOf(broker, placed)
    return {
      change: {
        blocks: blocks.version,
        block: placed,
        ...(await denyBlock(broker, placed, rolesIn(reach))),
        events: [happened('revocation.placed', call, placed, at, { reason: placed.reason })],
      },
      result: placed,
    }
  })
  return { block, closed: block.of === 'subject' ? await closeAll(broker, call, block) : [] }
}

/**
 * Lifts a revocation: from then on what the rules allow is granted again. Grants that it closed stay closed.
 * Refuses with `forbidden`, `not_found` and `conflict` (lifted already).
 */
export async function lift(broker: Broker, call: Call, id: string, reason: string): Promise<Block> {
  return onRecord(broker, call, 'revocations.lift', undefined, () =>
    settle(broker, async () => {
      const blocks = await readBlocks(broker, call)
      const block = blocks.standing.find((one) => one.id === id)
      if (!block) throw await notStanding(broker, id)
      const at = broker.clock()
      const by = call.caller.subject
      const reach = rolesIn(await reachOf(broker, block))
      const lifted: Block = { ...block, version: blocks.version + 1, lifted: { by, at, reason } }
      return {
        change: {
          blocks: blocks.version,
          block: lifted,
          ...(await allowAgain(broker, block, reach, at)),
          events: [happened('revocation.lifted', call, lifted, at, { reason })],
        },
        result: lifted,
      }
    }),
  )
}

/** One revocation, and what has become of sessions by now. Refuses with `forbidden` and `not_found`. */
export async function revocation(broker: Broker, call: Call, id: string): Promise<Revoked> {
  return onRecord(broker, call, 'revocations.read', undefined, async () => {
    mayRead(broker, call)
    const [block] = await broker.store.searchBlocks({ id, limit: 1 })
    if (!block) throw unknown()
    return { block, closed: [], aftermath: await aftermathOf(broker, block) }
  })
}

/** Revocations, lifted ones too, newest first. For operators and auditors. Refuses with `forbidden`. */
export async function revocations(
  broker: Broker,
  call: Call,
  query: { readonly before?: string; readonly limit: number },
) {
  return onRecord(broker, call, 'revocations.read', undefined, async () => {
    mayRead(broker, call)
    const found = await broker.store.searchBlocks({ ...query, limit: query.limit + 1 })
    const items = found.slice(0, query.limit)
    const last = items.at(-1)
    return { items, ...(found.length > query.limit && last && { next: last.id }) }
  })
}

function mayRead(broker: Broker, { caller }: Call): void {
  if (!isAuditor(broker, caller) && !isOperator(broker, caller))
    throw new Fault('forbidden', 'Revocations are for auditors and operators.')
}

const rolesIn = (reach: ReadonlyMap<string, Reach>): ReadonlyMap<string, string> =>
  new Map([...reach].map(([arn, { role }]) => [arn, role]))

/** The blocks that stand, for whoever may change them: operators, and of a leaver who tells of leavers. */
async function readBlocks(broker: Broker, { caller }: Call, wish?: Wish): Promise<Blocks> {
  const blocks = await broker.store.blocks()
  mustNotBeBlocked(blocks, caller)
  const leaver = wish?.of === 'subject' && isOffboarder(broker, caller)
  if (!leaver && !isOperator(broker, caller))
    throw new Fault('forbidden', 'Only operators revoke a person, a role, an account or everything.')
  return blocks
}

/** A block on a misspelt name would stop nobody, and nobody would notice. */
function mustExist(broker: Broker, { of, name }: Blocked): void {
  const { roles, accounts } = broker.catalog()
  if ((of === 'all') !== (name === ''))
    throw new Fault(
      'invalid_request',
      'Everything (`all`) has no name; a subject, role or account needs one.',
    )
  if (of === 'subject' && !/^[^#]+#.+$/.test(name))
    throw new Fault(
      'invalid_request',
      'A subject is a directory, # and a name, such as corp#ana@example.com.',
    )
  if (of === 'role' && !roles.has(name)) throw new Fault('not_found', `There is no role named ${name}.`)
  if (of === 'account' && !accounts.has(name))
    throw new Fault('not_found', `There is no account ${name} in the configuration.`)
}

const unknown = () => new Fault('not_found', 'There is no such revocation.')

async function notStanding(broker: Broker, id: string): Promise<Fault> {
  const [block] = await broker.store.searchBlocks({ id, limit: 1 })
  if (!block?.lifted) return unknown()
  return new Fault('conflict', `It was lifted already, by ${block.lifted.by} at ${iso(block.lifted.at)}.`)
}
