import type { ApprovalRule } from '../approval/rule.js'
import type { EventKind } from '../audit/event.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Grant, GrantState } from './grant.js'
import type { Notice, Tidings } from './outbox.js'
import type { Change } from './store.js'
import type { Judgement } from '../decision/judge.js'
import type { Duration } from '../time.js'

/** The lanes that are told about grants: a channel, its reminders, whoever asked, and somebody else. */
export const channelLane = (channel: string): string => `channel ${channel}`
export const reminderLane = (channel: string): string => `reminder ${channel}`
export const askerLane = 'asker'
export const personLane = (subject: string): string => `person ${subject}`

/** A lane's channel; undefined for one that is no channel's. */
export const channelOf = (lane: string): string | undefined => /^(?:channel|reminder) (\S+)$/.exec(lane)?.[1]

/** The subject of a lane that is somebody's; undefined for any other. */
export const subjectOf = (lane: string): string | undefined => /^person (.+)$/s.exec(lane)?.[1]

/**
 * The channels that show a grant, for its row: those that did `before`, and while it waits those of the rules that
 * apply. What was allowed at once is shown in the feed alone, but for broken glass: that is said `aloud` too.
 */
export function shownIn(
  { slack }: Catalog,
  state: GrantState,
  rules: readonly ApprovalRule[],
  before?: readonly string[],
  aloud: readonly string[] = [],
): Pick<Grant, 'shownIn'> {
  const asked = state === 'pending' ? rules.flatMap(({ channel }) => channel ?? []) : []
  const feed = state === 'active' && !before ? [slack?.feed ?? []].flat() : []
  const channels = [...new Set([...(before ?? []), ...asked, ...feed, ...(state === 'active' ? aloud : [])])]
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

/** The channels in which broken glass is said aloud: the role's own, and those of the rules that are passed over. */
export const aloudIn = ({ matter, passedOver }: Judgement): readonly string[] =>
  matter.ask.breakGlass
    ? [matter.role?.breakGlass?.channel ?? [], ...passedOver.map(({ channel }) => channel ?? [])].flat()
    : []

/** How often a review that nobody has signed is called to mind. */
const daily: Duration = 24 * 3_600_000

/** The glass was broken: each of these is told at once, and what is to be reviewed is called to mind every day. */
export const alarmed = (
  { id, createdAt: at, shownIn: channels = [] }: Grant,
  subjects: readonly string[],
): readonly Notice[] => [
  ...subjects.map((subject) => ({ lane: personLane(subject), about: id, what: 'alarm' as const, at })),
  ...channels.slice(0, 1).map((channel) => ({
    lane: reminderLane(channel),
    about: id,
    what: 'review' as const,
    ref: String(daily),
    at: at + daily,
  })),
]

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
    ...(events.some(({ kind }) => kind === 'review.signed')
      ? [{ lane: askerLane, about, what: 'review' as const, at }]
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
