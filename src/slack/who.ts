import type { webApi } from '@slack/bolt'
import { Fault } from '../fault.js'
import type { SlackPeople } from '../config/clicks.js'
import type { Broker } from '../grant/broker.js'
import type { Caller } from '../identity/caller.js'
import { canonicalEmail } from '../identity/subject.js'

/** A user as Slack signed it. */
export interface SignedUser {
  readonly team: string
  readonly user: string
}

/** Who clicked, and whether Stint knows what they are in; else only who they are counts. */
export interface Clicker {
  readonly caller: Caller
  readonly known: boolean
}

export const slackId = ({ team, user }: SignedUser): string => `${team}/${user}`

/**
 * Who a user of Slack is. A link that they proved comes first; then the claim, or the e-mail address, whichever is
 * configured, and only where it names one person who has no link to another user. What they are in is what the newest
 * token said that Stint saw of them. Throws `forbidden` with what would help.
 */
export async function whoClicked(
  { store, clock }: Pick<Broker, 'store' | 'clock'>,
  people: SlackPeople,
  emailOf: (user: string) => Promise<string | undefined>,
  signed: SignedUser,
): Promise<Clicker> {
  if (!people.workspaces.includes(signed.team)) throw otherWorkspace()
  const subject = await subjectOf(store, people, emailOf, signed)
  const [person] = await store.persons({ subject })
  if (!person) throw unlinked()
  const known = clock() - person.at <= people.remember
  const { identity, at } = person
  const nameless = { subject, issuer: identity.issuer, kind: identity.kind, groups: [], claims: {} }
  return {
    known,
    caller: {
      ...(known ? identity : nameless),
      address: '',
      via: { road: 'slack', user: slackId(signed) },
      issuedAt: at,
      expiresAt: at + people.remember,
    },
  }
}

async function subjectOf(
  store: Broker['store'],
  { claim, emails }: SlackPeople,
  emailOf: (user: string) => Promise<string | undefined>,
  signed: SignedUser,
): Promise<string> {
  const named =
    claim !== undefined
      ? await byClaim(store, claim, signed)
      : emails.length > 0
        ? await byEmail(store, emails, await emailOf(signed.user))
        : []
  const linked = (await store.slackUser({ id: slackId(signed) }))?.subject
  const [only, another] = [...new Set([...(linked === undefined ? [] : [linked]), ...named])]
  if (only === undefined) throw unlinked()
  if (another !== undefined) throw ambiguous()
  const holder = await store.slackUser({ subject: only })
  if (holder && holder.id !== slackId(signed)) throw ambiguous()
  return only
}

/** What is kept beside the person only finds them: the claim itself is what counts. */
async function byClaim(
  store: Broker['store'],
  claim: string,
  { user }: SignedUser,
): Promise<readonly string[]> {
  const found = await store.persons({ slack: user })
  return found
    .map(({ identity }) => identity)
    .filter(({ claims }) => claims[claim] === user)
    .map(({ subject }) => subject)
}

async function byEmail(
  store: Broker['store'],
  directories: readonly string[],
  text: string | undefined,
): Promise<readonly string[]> {
  const email = text === undefined ? undefined : canonicalEmail(text)
  if (email === undefined) return []
  const found = await Promise.all(
    directories.map((directory) => store.persons({ subject: `${directory}#${email}` })),
  )
  return found.flat().map(({ identity }) => identity.subject)
}

/** The address that Slack itself has confirmed of a member of the workspace. */
export async function confirmedEmail(client: webApi.WebClient, user: string): Promise<string | undefined> {
  const { user: found } = await client.users.info({ user })
  const isMember = !found?.deleted && !found?.is_bot && !found?.is_restricted && !found?.is_stranger
  return isMember && found?.is_email_confirmed ? found.profile?.email : undefined
}

export const otherWorkspace = () => new Fault('forbidden', 'Stint takes clicks from its own workspace only.')

const unlinked = () =>
  new Fault(
    'forbidden',
    'Stint does not know who you are. Type `/stint link` and run the command that it shows, once.',
  )

const ambiguous = () =>
  new Fault(
    'forbidden',
    'More than one person, or more than one user of Slack, is named here, so Stint takes you for none of them. Your links are ended with `/stint unlink`; an operator sees to the directory.',
  )
