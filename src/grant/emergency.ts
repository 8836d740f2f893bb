import type { Judgement } from '../decision/judge.js'
import { isAmong } from '../decision/votes.js'
import { describe } from '../approval/who.js'
import type { Ask } from '../decision/decision.js'
import type { Duration } from '../time.js'
import type { Broker, Call } from './broker.js'
import { alarmed } from './notices.js'
import { reviewOpened } from './events.js'
import type { Grant } from './grant.js'
import type { Person } from './people.js'
import type { Change } from './store.js'

/** What is known beside an ask that breaks the glass; nothing of any other. */
export interface Emergency {
  /** How many uses of this person wait for their review. */
  readonly unreviewed?: number
  /** Persons that Stint has seen lately, among whom are those that are told. */
  readonly persons: readonly Person[]
}

/** More than any configuration lets wait. */
const most = 21

/** Whoever has not been seen for longer may be somebody else's by now. */
const lately: Duration = 30 * 24 * 3_600_000

/** How many are told at most, beside the channels. */
const atMost = 100

export async function emergencyOf(broker: Broker, { caller }: Call, { breakGlass }: Ask): Promise<Emergency> {
  if (!breakGlass) return { persons: [] }
  const { store, clock, catalog } = broker
  const now = clock()
  const query = { subject: caller.subject, review: 'open', limit: most, now } as const
  const [open, persons] = await Promise.all([
    store.search(query),
    catalog().slack ? store.persons({ since: now - lately, limit: 5_000 }) : [],
  ])
  return { unreviewed: open.length, persons }
}

/** Each of those who would have had to agree, or must review it, that Stint knows, but who asked. */
function toBeTold({ matter, passedOver }: Judgement, persons: readonly Person[]): readonly string[] {
  const reviewers = matter.role?.breakGlass?.reviewers ?? []
  const asked = [...passedOver.map(({ by }) => by), reviewers]
  return persons
    .map(({ identity }) => identity)
    .filter(({ subject }) => subject !== matter.asker.subject)
    .filter((identity) => asked.some((anyone) => isAmong(matter, { ...identity, address: '' }, anyone)))
    .map(({ subject }) => subject)
    .slice(0, atMost)
}

/** The review that begins with a grant for which the glass was broken. */
export const reviewOf = ({ matter }: Judgement): Pick<Grant, 'review'> =>
  matter.ask.breakGlass ? { review: { reviewers: describe(matter.role?.breakGlass?.reviewers ?? []) } } : {}

/** What is written with such a grant: that it is to be reviewed, who is told of it, and that no more than so many are. */
export function raised(
  call: Call,
  grant: Grant,
  judgement: Judgement,
  { persons }: Emergency,
): Pick<Change, 'events' | 'outbox' | 'unreviewed'> {
  const { breakGlass } = judgement.matter.role ?? {}
  if (!grant.review || !breakGlass) return { events: [] }
  const told = toBeTold(judgement, persons)
  return {
    unreviewed: { subject: call.caller.subject, most: breakGlass.unreviewed },
    outbox: alarmed(grant, told),
    events: [reviewOpened(call, grant, told)],
  }
}
