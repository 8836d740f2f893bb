import type { ApprovalRule } from '../approval/rule.js'
import type { EventKind } from '../audit/event.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Grant, GrantState } from './grant.js'
import type { Notice, Tidings } from './outbox.js'
import type { Change } from './store.js'

/** The lanes that are told about grants: a channel, its reminders, and whoever asked. */
export const channelLane = (channel: string): string => `channel ${channel}`
export const reminderLane = (channel: string): string => `reminder ${channel}`
export const askerLane = 'asker'

/** A lane's channel; undefined for one that is no channel's. */
export const channelOf = (lane: string): string | undefined => /^(?:channel|reminder) (\S+)$/.exec(lane)?.[1]

/**
 * The channels that show a grant, for its row: those that did `before`, and while it waits those of the rules that
 * apply. What was allowed at once is shown in the feed alone.
 */
export function shownIn(
  { slack }: Catalog,
  state: GrantState,
  rules: readonly ApprovalRule[],
  before?: readonly string[],
): Pick<Grant, 'shownIn'> {
  const asked = state === 'pending' ? rules.flatMap(({ channel }) => channel ?? []) : []
  const feed = state === 'active' && !before ? [slack?.feed ?? []].flat() : []
  const channels = [...new Set([...(before ?? []), ...asked, ...feed])]
  return channels.length > 0 ? { shownIn: channels } : {}
}

const stateOf: Partial<Readonly<Record<EventKind, GrantState>>> = {
  'grant.active': 'active',
  'grant.denied': 'denied',
  'grant.lapsed': 'lapsed',
  'grant.cancelled': 'cancelled',
  'grant.revoked': 'revoked',
  'grant.ended': 'ended',
}

/** Of what was not the asker's own doing, and not their ask's immediate answer, they are told. */
const toldToAsker: readonly GrantState[] = ['active', 'denied', 'lapsed', 'revoked']

/**
 * What of a change is to be told, read off the change itself, so that no verb can forget it. Each notice says only
 * what happened to which grant.
 */
export function noticesOf({ slack, approvals }: Catalog, change: Change): readonly Notice[] {
  const { grant, expect = [], events } = change
  if (!slack || !grant) return []
  const at = Math.max(...events.map((event) => event.at))
  const about = grant.id
  const isNew = expect.some((one) => one.grant === about && one.version === 0)
  const moved = events.map(({ kind }) => stateOf[kind]).find((state) => state === grant.state)
  const channels = grant.shownIn ?? []
  const each = (what: Tidings, ref?: string) =>
    channels.map((channel): Notice => ({
      lane: channelLane(channel),
      about,
      what,
      ...(ref !== undefined && { ref }),
      at,
    }))
  return [
    ...each('drawn'),
    ...(!isNew && moved && moved !== 'active' ? each('closed') : []),
    ...(isNew && grant.state === 'pending' ? reminders(grant, approvals) : []),
    ...(!isNew && moved && toldToAsker.includes(moved)
      ? [{ lane: askerLane, about, what: 'outcome' as const, ref: moved, at }]
      : []),
  ]
}

/** The first reminder of each channel, at the shortest interval of the rules that are shown there. */
function reminders(
  { id, createdAt, decision, shownIn: channels = [] }: Grant,
  rules: readonly ApprovalRule[],
) {
  const applying = decision.requirements.map(({ rule }) => rule)
  return channels.flatMap((channel): readonly Notice[] => {
    const intervals = rules
      .filter((rule) => applying.includes(rule.name) && rule.channel === channel)
      .flatMap(({ remind }) => remind ?? [])
    if (intervals.length === 0) return []
    const every = Math.min(...intervals)
    return [
      { lane: reminderLane(channel), about: id, what: 'reminder', ref: String(every), at: createdAt + every },
    ]
  })
}

/** Credentials were issued: said in the thread of each message of the grant. */
export const issuedNotices = ({ id, shownIn: channels = [] }: Grant, issuance: string, at: number) =>
  channels.map((channel): Notice => ({
    lane: channelLane(channel),
    about: id,
    what: 'issued',
    ref: issuance,
    at,
  }))
