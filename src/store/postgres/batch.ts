import { link } from '../../audit/chain.js'
import type { Head } from '../../audit/event.js'
import { Fault } from '../../fault.js'
import type { TotalOf } from '../../decision/spending.js'
import type { Seal } from '../../grant/seal.js'
import type { Change, Committed } from '../../grant/store.js'
import { blockRow, denialRow, entryRow, exact, grantRow, issuanceRow } from '../rows.js'
import { keyRow, personRow, slackUserRow, voteRow } from '../rows.js'
import { addedTo, totalKey, type Spender } from '../totals.js'
import type {
  BlockRow,
  DenialRow,
  EventRow,
  GrantRow,
  IssuanceRow,
  KeyRow,
  PersonRow,
  SlackUserRow,
  VoteRow,
} from '../rows.js'
import { outboxRows, type OutboxRow } from '../outbox-rows.js'
import { faultOf } from './faults.js'

/** The answer to one change. */
export type Written =
  { readonly ok: true; readonly value: Committed } | { readonly ok: false; readonly fault: Fault }

/** What is stored of all that a batch of changes touches, read while nobody else can write. */
export interface Stored {
  readonly head: Head
  /** Version by id. */
  readonly grants: ReadonlyMap<string, number>
  /** `grant`, `voter` as one text. */
  readonly votes: ReadonlySet<string>
  readonly issuances: ReadonlyMap<string, Pick<IssuanceRow, 'grant' | 'state'>>
  /** `subject`, `key` as one text. */
  readonly keys: ReadonlySet<string>
  /** When the token was issued that each subject was seen with. */
  readonly persons: ReadonlyMap<string, number>
  readonly slackUsers: ReadonlyMap<string, Bound>
  /** The version of all blocks. */
  readonly blocks: number
  /** Version by ARN. */
  readonly denials: ReadonlyMap<string, number>
  /** How many uses of broken glass of each subject wait for their review. */
  readonly unreviewed: ReadonlyMap<string, number>
  /** Size of the newest checkpoint, where one is to be written; else -1. */
  readonly checkpoint: number
  /** Hash of the rules that are in force, once there are any. */
  readonly config: string | undefined
  /** The sums that changes rest on, by their key. */
  readonly totals: ReadonlyMap<string, number>
  /** What the grants that are touched add to them. */
  readonly spenders: ReadonlyMap<string, Spender>
}

/** A user of Slack, as far as two could get into each other's way. */
type Bound = Pick<SlackUserRow, 'id' | 'version' | 'subject'>

/** The rows that a batch leaves behind; of a grant or issuance that moved twice only the last one. */
export interface Outcome {
  readonly answers: readonly Written[]
  readonly head: Head
  readonly grants: ReadonlyMap<string, GrantRow>
  readonly votes: ReadonlyMap<string, VoteRow>
  readonly issuances: ReadonlyMap<string, IssuanceRow>
  readonly keys: ReadonlyMap<string, KeyRow>
  readonly persons: ReadonlyMap<string, PersonRow>
  readonly slackUsers: ReadonlyMap<string, SlackUserRow>
  readonly blocks: ReadonlyMap<string, BlockRow>
  readonly denials: ReadonlyMap<string, DenialRow>
  readonly seals: readonly Seal[]
  readonly outbox: readonly OutboxRow[]
  readonly events: readonly EventRow[]
}

/** Two parts as one text that no other two make: what is stored holds no NUL. */
export const pair = (a: string, b: string): string => `${a}\0${b}`

type Refused = Extract<Committed, { ok: false }>['conflict']

/** What one change adds, kept apart until all of it fits. */
interface Addition {
  readonly grant?: GrantRow
  readonly vote?: VoteRow
  readonly issuance?: IssuanceRow
  readonly key?: KeyRow
  readonly person?: PersonRow
  readonly slackUser?: SlackUserRow
  readonly block?: BlockRow
  readonly denials: readonly DenialRow[]
  readonly outbox: readonly OutboxRow[]
  readonly events: readonly EventRow[]
  readonly head: Head
}

/**
 * Applies changes one after the other to what is stored, each whole or not at all, and tells what to write.
 * Pure: the database is asked once before and written once after, however many changes there are.
 */
export function applyAll(changes: readonly Change[], stored: Stored): Outcome {
  const grants = new Map<string, GrantRow>()
  const votes = new Map<string, VoteRow>()
  const issuances = new Map<string, IssuanceRow>()
  const keys = new Map<string, KeyRow>()
  const persons = new Map<string, PersonRow>()
  const slackUsers = new Map<string, SlackUserRow>()
  const blocks = new Map<string, BlockRow>()
  const denials = new Map<string, DenialRow>()
  const seals: Seal[] = []
  const outbox: OutboxRow[] = []
  const events: EventRow[] = []
  let head = stored.head

  const now: Now = {
    version: (id) => grants.get(id)?.version ?? stored.grants.get(id) ?? 0,
    voted: (id) => votes.has(id) || stored.votes.has(id),
    issuance: (id) => issuances.get(id) ?? stored.issuances.get(id),
    taken: (id) => keys.has(id) || stored.keys.has(id),
    personAt: (subject) => persons.get(subject)?.at ?? stored.persons.get(subject) ?? -1,
    slackUsers: () => new Map<string, Bound>([...stored.slackUsers, ...slackUsers]),
    blocks: () => Math.max(stored.blocks, ...[...blocks.values()].map(({ version }) => version)),
    denial: (arn) => denials.get(arn)?.version ?? stored.denials.get(arn) ?? 0,
    unreviewed: (subject) =>
      [...grants.values()].filter(
        (row) => row.review === 'open' && row.subject === subject && !stored.grants.get(row.id),
      ).length + (stored.unreviewed.get(subject) ?? 0),
    checkpoint: () => Math.max(stored.checkpoint, ...seals.map(({ checkpoint }) => checkpoint?.size ?? -1)),
    config: stored.config,
    total: (of) =>
      [...grants.values()].reduce(
        (sum, row) => {
          const before = stored.spenders.get(row.id)
          return sum + addedTo(of, row) - (before ? addedTo(of, before) : 0)
        },
        stored.totals.get(totalKey(of)) ?? NaN,
      ),
  }

  const answers = changes.map((change): Written => {
    try {
      const added = apply(change, now, head)
      if (typeof added === 'string') return { ok: true, value: { ok: false, conflict: added } }
      if (added.grant) grants.set(added.grant.id, added.grant)
      if (added.vote) votes.set(pair(added.vote.grant, added.vote.voter), added.vote)
      if (added.issuance) issuances.set(added.issuance.id, added.issuance)
      if (added.key) keys.set(pair(added.key.subject, added.key.key), added.key)
      if (added.person) persons.set(added.person.subject, added.person)
      outbox.push(...added.outbox)
      if (added.slackUser) slackUsers.set(added.slackUser.id, added.slackUser)
      if (added.block) blocks.set(added.block.id, added.block)
      for (const denial of added.denials) denials.set(denial.arn, denial)
      if (change.seal) seals.push(change.seal)
      events.push(...added.events)
      head = added.head
      return { ok: true, value: { ok: true, head } }
    } catch (error) {
      return { ok: false, fault: faultOf(error) }
    }
  })
  return {
    answers,
    head,
    grants,
    votes,
    issuances,
    keys,
    persons,
    slackUsers,
    blocks,
    denials,
    seals,
    outbox,
    events,
  }
}

/** What is true after the changes so far. */
interface Now {
  version(grant: string): number
  voted(vote: string): boolean
  issuance(id: string): Pick<IssuanceRow, 'grant' | 'state'> | undefined
  taken(key: string): boolean
  personAt(subject: string): number
  slackUsers(): ReadonlyMap<string, Bound>
  blocks(): number
  denial(arn: string): number
  /** Before this change; one that was signed off in this batch still counts. */
  unreviewed(subject: string): number
  checkpoint(): number
  readonly config: string | undefined
  /** In cents. */
  total(of: TotalOf): number
}

function apply(change: Change, now: Now, head: Head): Addition | Refused {
  const { expect = [], grant, vote, issuance, key, person, totals = [], outbox = [], config, events } = change
  if (config !== undefined && config !== now.config) return 'config'
  for (const { grant: id, version } of expect) if (now.version(exact(id)) !== version) return 'version'
  const block = change.block && blockRow(change.block)
  if ((block || change.blocks !== undefined) && now.blocks() !== change.blocks) return 'blocks'
  if (block && block.version !== now.blocks() + 1)
    throw impossible('a block with a version that does not follow')
  if (totals.some(({ of, least, most }) => !(now.total(of) >= least && now.total(of) <= most)))
    return 'totals'

  const { unreviewed } = change
  if (unreviewed && now.unreviewed(unreviewed.subject) >= unreviewed.most) return 'unreviewed'

  const written = grant && grantRow(grant)
  if (written && written.version !== (expect.find(({ grant: id }) => id === written.id)?.version ?? NaN) + 1)
    throw impossible('a grant with a version that does not follow the expected one')
  const known = (id: string): void => {
    if (id !== written?.id && now.version(id) === 0)
      throw impossible('something of a grant that there is not')
  }

  const cast = vote && voteRow(vote)
  if (cast) {
    known(cast.grant)
    if (now.voted(pair(cast.grant, cast.voter))) return 'vote'
  }
  const row = issuance && issuanceRow(issuance.row)
  if (row && issuance) {
    known(row.grant)
    const before = now.issuance(row.id)
    if ((before?.state ?? 'none') !== issuance.from || (before && before.grant !== row.grant))
      return 'issuance'
  }
  const taken = key && keyRow(key)
  if (taken) {
    known(taken.grant)
    if (now.taken(pair(taken.subject, taken.key))) return 'key'
  }

  const seen = person && personRow(person)
  const user = change.slackUser && slackUserRow(change.slackUser)
  if (user && !follows(user, now.slackUsers())) return 'slack'

  const denials = (change.denials ?? []).map(denialRow)
  if (denials.some(({ arn, version }) => version !== now.denial(arn) + 1)) return 'denial'

  const entries: EventRow[] = []
  let end = head
  for (const event of events) {
    const entry = link(event, end)
    entries.push(entryRow(entry))
    end = { seq: entry.seq, leaf: entry.leaf }
  }
  const signed = change.seal?.checkpoint?.size
  if (signed !== undefined && (signed <= now.checkpoint() || signed > end.seq)) return 'checkpoint'
  return {
    ...(written && { grant: written }),
    ...(cast && { vote: cast }),
    ...(row && { issuance: row }),
    ...(taken && { key: taken }),
    ...(seen && seen.at >= now.personAt(seen.subject) && { person: seen }),
    ...(user && { slackUser: user }),
    ...(block && { block }),
    denials,
    outbox: outboxRows(outbox, end, events.length),
    events: entries,
    head: end,
  }
}

/** The next version of this user, and nobody else is bound to the same person. */
const follows = (user: SlackUserRow, users: ReadonlyMap<string, Bound>): boolean =>
  user.version === (users.get(user.id)?.version ?? 0) + 1 &&
  (user.subject === null ||
    [...users.values()].every(({ id, subject }) => id === user.id || subject !== user.subject))

const impossible = (what: string): Fault => new Fault('internal', `The store was to keep ${what}.`)
