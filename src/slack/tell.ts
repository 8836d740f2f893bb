import { createHash } from 'node:crypto'
import type { webApi } from '@slack/bolt'
import type { Broker } from '../grant/broker.js'
import { askerLane, channelLane, channelOf, subjectOf } from '../grant/notices.js'
import type { Claimed, Settled } from '../grant/outbox.js'
import { asOf, judgeAgain } from '../grant/visible.js'
import type { Snapshot } from '../grant/grant.js'
import { standingOf } from '../decision/votes.js'
import { directoryOf, peopleOf } from '../identity/caller.js'
import { canonicalEmail } from '../identity/subject.js'
import { namesOf } from '../identity/network.js'
import { drawGrant, type Drawn } from './draw.js'
import {
  alarmText,
  closedText,
  issuedText,
  outcomeText,
  reminderText,
  reviewedText,
  unreviewedText,
} from './lines.js'
import { userOf } from './user-of.js'
import { post, troubleOf } from './web.js'
import { confirmedEmail } from './who.js'

export interface Telling {
  readonly broker: Broker
  readonly client: webApi.WebClient
  readonly ticketUrl?: string
  /** Directories whose subjects are addresses by which people are known in Slack. */
  readonly emails: () => readonly string[]
}

/** Told, or nothing more to tell. */
const done: Settled = { kind: 'done' }

/**
 * Tells one notice, whatever is true of its grant by now. Throws what the client throws: then it was not told, or
 * perhaps.
 */
export async function tell(telling: Telling, claimed: Claimed): Promise<Settled> {
  const { broker } = telling
  const found = await broker.store.snapshot(claimed.about)
  if (!found) return done
  const now = broker.clock()
  const snapshot = asOf(found, now)
  if (claimed.lane === askerLane) {
    const { grant } = snapshot
    const said = claimed.what === 'review' ? reviewedText(grant) : outcomeText(grant, claimed.ref)
    return tellOne(telling, claimed, peopleOf(grant.asker), said)
  }
  const subject = subjectOf(claimed.lane)
  if (subject !== undefined) return tellOne(telling, claimed, [subject], alarmText(snapshot.grant))
  const channel = channelOf(claimed.lane)
  if (channel === undefined) return done
  if (claimed.what === 'drawn') return drawn(telling, claimed, snapshot, channel)
  if (claimed.what === 'review') return remindOfReview(telling, claimed, snapshot, channel)
  const head = await broker.store.outbox.post(channelLane(channel), claimed.about)
  const said = threadText(claimed, snapshot)
  // A reminder may be due before its message is there; what else finds none will never have one.
  if (claimed.what === 'reminder' && snapshot.grant.state === 'pending' && !head)
    return { kind: 'next', at: now + Number(claimed.ref) }
  if (!head || said === undefined) return done
  const letter = { channel: head.channel, thread: head.ts, text: said, key: keyOf(claimed) }
  await post(telling.client, letter, claimed.unsureSince)
  return claimed.what === 'reminder' ? { kind: 'next', at: now + Number(claimed.ref) } : done
}

/** Of one notice each time that it is told: a reminder is told at many. */
const keyOf = ({ n, at }: Claimed): string => `${n}.${at}`

function threadText({ what, ref }: Claimed, { grant, issuances }: Snapshot): string | undefined {
  if (what === 'reminder') return grant.state === 'pending' ? reminderText(grant) : undefined
  if (what === 'closed') return closedText(grant)
  const issuance = issuances.find(({ id }) => id === ref)
  return issuance && issuedText(grant, issuance, issuances)
}

/** Posts the message of a grant, or draws it again where it stands. */
async function drawn(
  { broker, client, ticketUrl }: Telling,
  claimed: Claimed,
  snapshot: Snapshot,
  channel: string,
): Promise<Settled> {
  const { grant, votes } = snapshot
  const yes = votes.filter(({ answer }) => answer === 'yes')
  const pending = grant.state === 'pending'
  const picture = drawGrant({
    snapshot,
    standing: pending ? standingOf(judgeAgain(broker, grant, broker.clock()), yes).each : [],
    networks: namesOf(broker.catalog().networks, grant.asker.address),
    ...(ticketUrl !== undefined && { ticketUrl }),
  })
  const hash = createHash('sha256').update(JSON.stringify(picture)).digest('hex')
  const before = await broker.store.outbox.post(claimed.lane, claimed.about)
  if (before?.drawn === hash) return done
  if (before) {
    const { ts } = before
    const kept = await update(client, before.channel, ts, picture)
    if (kept || !['pending', 'active'].includes(grant.state))
      return { kind: 'done', post: { ...before, drawn: hash } }
  }
  // Somebody deleted it, or it was never posted.
  const letter = { channel, ...picture, key: keyOf(claimed) }
  const { ts, found } = await asBlocks(picture, (blocks) =>
    post(client, { ...letter, blocks }, claimed.unsureSince),
  )
  // It may have been posted while the grant was in another state.
  if (found) await update(client, channel, ts, picture)
  return { kind: 'done', post: { channel, ts, drawn: hash } }
}

/** False where the message is not there any more. */
async function update(
  client: webApi.WebClient,
  channel: string,
  ts: string,
  picture: Drawn,
): Promise<boolean> {
  try {
    await asBlocks(picture, (blocks) =>
      client.chat.update({ channel, ts, text: picture.text, blocks: [...blocks] }),
    )
    return true
  } catch (error) {
    const trouble = troubleOf(error)
    if (trouble.kind === 'refused' && ['message_not_found', 'cant_update_message'].includes(trouble.error))
      return false
    throw error
  }
}

/** What Slack does not take as blocks it is given as text: better a bare message than none. */
async function asBlocks<T>({ blocks }: Drawn, send: (blocks: Drawn['blocks']) => Promise<T>): Promise<T> {
  try {
    return await send(blocks)
  } catch (error) {
    const trouble = troubleOf(error)
    if (trouble.kind === 'refused' && /block|too_long|invalid_arguments/.test(trouble.error)) return send([])
    throw error
  }
}

/** In the channel itself, until it is signed off: a thread is where what nobody minds is lost. */
async function remindOfReview(
  { broker, client }: Telling,
  claimed: Claimed,
  { grant }: Snapshot,
  channel: string,
): Promise<Settled> {
  if (!grant.review || grant.review.signed) return done
  const now = broker.clock()
  await post(client, { channel, text: unreviewedText(grant), key: keyOf(claimed) }, claimed.unsureSince)
  return { kind: 'next', at: now + Number(claimed.ref) }
}

/** Tells the first of these people who is known in Slack. */
async function tellOne(
  telling: Telling,
  claimed: Claimed,
  subjects: readonly string[],
  said: string,
): Promise<Settled> {
  const { client } = telling
  const [user] = (await Promise.all(subjects.map((subject) => slackUserOf(telling, subject)))).filter(
    (id) => id !== undefined,
  )
  if (user === undefined) return done
  const { channel } = await client.conversations.open({ users: user })
  const letter = { channel: channel?.id ?? '', text: said, key: keyOf(claimed) }
  await post(client, letter, claimed.unsureSince)
  return done
}

/** Where people are known by address, the member whose confirmed one is theirs; else whom their newest token names. */
const slackUserOf = ({ broker: { store }, client, emails }: Telling, subject: string) =>
  userOf(store, subject, async () => {
    const directory = directoryOf(subject)
    if (emails().includes(directory)) return memberOf(client, subject.slice(directory.length + 1))
    const [person] = await store.persons({ subject })
    return person?.slack
  })

async function memberOf(client: webApi.WebClient, email: string): Promise<string | undefined> {
  try {
    const id = (await client.users.lookupByEmail({ email })).user?.id
    if (id === undefined) return undefined
    const confirmed = await confirmedEmail(client, id)
    return confirmed !== undefined && canonicalEmail(confirmed) === email ? id : undefined
  } catch (error) {
    const trouble = troubleOf(error)
    if (trouble.kind === 'refused' && trouble.error === 'users_not_found') return undefined
    throw error
  }
}
