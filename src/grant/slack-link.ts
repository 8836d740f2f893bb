import { createHash } from 'node:crypto'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'
import type { Broker, Call } from './broker.js'
import { onRecord, settle } from './commit.js'
import { factsOf } from './events.js'
import type { SlackUser } from './people.js'

/** How long a code may be used. */
const codeHolds = 10 * 60_000

/** A user of Slack as their own workspace shows them. */
export interface Linking {
  /** `team/user`. */
  readonly user: string
  /** Their handle, for the person who links to recognise themselves by. */
  readonly name: string
  /** Whether they are this person to Stint now. */
  readonly linked: boolean
}

/**
 * Keeps that this code was handed to a user of Slack, in place of any earlier one; returns until when it holds. The
 * code itself is kept nowhere. Refuses with `conflict` one who is linked.
 */
export async function offerLink(broker: Broker, id: string, name: string, code: string): Promise<Instant> {
  return settle(broker, async () => {
    const now = broker.clock()
    const before = await broker.store.slackUser({ id })
    if (before?.subject !== undefined)
      throw new Fault('conflict', `You are linked to ${before.subject} already. \`/stint unlink\` ends that.`)
    const until = now + codeHolds
    const slackUser: SlackUser = {
      id,
      version: (before?.version ?? 0) + 1,
      name,
      code: { hash: hashOf(code), until },
    }
    return { change: { slackUser, events: [] }, result: until }
  })
}

/**
 * Links the user of Slack who was handed this code to the caller, if `user` says that it is them: the caller has
 * then been shown whom the code belongs to. Without `user` it only says so.
 *
 * Refuses with `forbidden` (no person), `not_found` (no such code, or too late) and `conflict` (another user was
 * meant, or is linked to this person).
 */
export async function link(broker: Broker, call: Call, code: string, user?: string): Promise<Linking> {
  return onRecord(broker, call, 'slack.link', undefined, () =>
    settle<Linking>(broker, async () => {
      const now = broker.clock()
      const { subject, kind } = call.caller
      if (kind !== 'person') throw new Fault('forbidden', 'Only persons have a user of Slack.')
      const found = await broker.store.slackUser({ code: hashOf(code) })
      if (!found?.code || now >= found.code.until)
        throw new Fault(
          'not_found',
          'This code does not hold, or not any more. `/stint link` in Slack gives another.',
        )
      const { id, name } = found
      const mine = await broker.store.slackUser({ subject })
      if (mine) throw new Fault('conflict', `You are linked to ${shown(mine)} already. Unlink that first.`)
      if (user === undefined) return { change: { events: [] }, result: { user: id, name, linked: false } }
      if (user !== id) throw new Fault('conflict', `This code belongs to ${shown(found)}, not to ${user}.`)
      const event = { kind: 'slack.linked', at: now, by: subject, request: call.request } as const
      return {
        change: {
          slackUser: { id, version: found.version + 1, name, subject },
          events: [{ ...event, data: { user: id, name, caller: factsOf(call.caller) } }],
        },
        result: { user: id, name, linked: true },
      }
    }),
  )
}

/** Ends the caller's link to a user of Slack. Refuses with `not_found` where there is none. */
export async function unlink(broker: Broker, call: Call): Promise<Linking> {
  return onRecord(broker, call, 'slack.unlink', undefined, () =>
    settle<Linking>(broker, async () => {
      const { subject } = call.caller
      const found = await broker.store.slackUser({ subject })
      if (!found) throw new Fault('not_found', 'You are not linked to a user of Slack.')
      const { id, name, version } = found
      const event = {
        kind: 'slack.unlinked',
        at: broker.clock(),
        by: subject,
        request: call.request,
      } as const
      return {
        change: {
          slackUser: { id, version: version + 1, name },
          events: [{ ...event, data: { user: id, name, caller: factsOf(call.caller) } }],
        },
        result: { user: id, name, linked: false },
      }
    }),
  )
}

const shown = ({ id, name }: SlackUser): string => `@${name} (${id})`

/** As it is read out or typed: case and dashes say nothing. */
const hashOf = (code: string): string =>
  createHash('sha256').update(code.replace(/[-\s]/g, '').toUpperCase()).digest('hex')
