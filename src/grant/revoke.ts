import type { Block, Blocked, Blocks } from '../decision/block.js'
import { Fault } from '../fault.js'
import { iso } from '../time.js'
import { mustNotBeBlocked } from './blocked.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { moved, revocation } from './events.js'
import { pagesOf } from './pages.js'
import { next } from './states.js'
import { asOf, isAuditor, isOperator } from './visible.js'

/** What is to be revoked, and why. */
export interface Wish extends Blocked {
  readonly reason: string
}

/** A revocation, and the grants that it closed. */
export interface Revoked {
  readonly block: Block
  readonly closed: readonly string[]
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
    const block = await settle(broker, async () => {
      const blocks = await operatorsBlocks(broker, call)
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
      return {
        change: {
          blocks: blocks.version,
          block: placed,
          events: [revocation('revocation.placed', call, placed, at, { reason: placed.reason })],
        },
        result: placed,
      }
    })
    return { block, closed: block.of === 'subject' ? await closeAll(broker, call, block) : [] }
  })
}

/**
 * Lifts a revocation: from then on what the rules allow is granted again. Grants that it closed stay closed.
 * Refuses with `forbidden`, `not_found` and `conflict` (lifted already).
 */
export async function lift(broker: Broker, call: Call, id: string, reason: string): Promise<Block> {
  return onRecord(broker, call, 'revocations.lift', undefined, () =>
    settle(broker, async () => {
      const blocks = await operatorsBlocks(broker, call)
      const block = blocks.standing.find((one) => one.id === id)
      if (!block) throw await notStanding(broker, id)
      const at = broker.clock()
      const by = call.caller.subject
      const lifted: Block = { ...block, version: blocks.version + 1, lifted: { by, at, reason } }
      return {
        change: {
          blocks: blocks.version,
          block: lifted,
          events: [revocation('revocation.lifted', call, lifted, at, { reason })],
        },
        result: lifted,
      }
    }),
  )
}

/** Revocations, lifted ones too, newest first. For operators and auditors. Refuses with `forbidden` and `not_found`. */
export async function revocations(
  broker: Broker,
  call: Call,
  query: { readonly id?: string; readonly before?: string; readonly limit: number },
) {
  return onRecord(broker, call, 'revocations.read', undefined, async () => {
    if (!isAuditor(broker, call.caller) && !isOperator(broker, call.caller))
      throw new Fault('forbidden', 'Revocations are for auditors and operators.')
    const found = await broker.store.searchBlocks({ ...query, limit: query.limit + 1 })
    if (query.id !== undefined && found.length === 0) throw unknown()
    const items = found.slice(0, query.limit)
    const last = items.at(-1)
    return { items, ...(found.length > query.limit && last && { next: last.id }) }
  })
}

async function operatorsBlocks(broker: Broker, { caller }: Call): Promise<Blocks> {
  const blocks = await broker.store.blocks()
  mustNotBeBlocked(blocks, caller)
  if (!isOperator(broker, caller))
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

/** Closes what a person has open, or waits for, one grant after the other. */
async function closeAll(broker: Broker, call: Call, block: Block): Promise<readonly string[]> {
  const closed: string[] = []
  for await (const { id } of pagesOf(broker, { subject: block.name, states: ['pending', 'active'] })) {
    const done = await settle(broker, async () => {
      const now = broker.clock()
      const snapshot = await broker.store.snapshot(id)
      const open = snapshot && ['pending', 'active'].includes(asOf(snapshot, now).grant.state)
      if (!snapshot || !open) return { change: { events: [] }, result: false }
      const by = { subject: call.caller.subject, reason: block.reason }
      const { grant } = snapshot
      const after = next(grant, 'revoke', now, by)
      return {
        change: {
          expect: [{ grant: id, version: grant.version }],
          grant: after,
          events: [moved(call, after, now)],
        },
        result: true,
      }
    })
    if (done) closed.push(id)
  }
  return closed
}
