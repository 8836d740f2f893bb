import type { Issuer } from '../identity/issuer.js'
import { holdsEmail } from '../identity/subject.js'
import type { Duration } from '../time.js'
import { day, minute, readDuration } from './durations.js'
import { items, type Report } from './fault.js'
import type { SlackEntry } from './file.js'
import { listed } from './known.js'

/** How users of Slack are people to Stint, besides the links that a sign-in proved. */
export interface SlackPeople {
  /** The workspaces from which clicks are taken: ids such as `T0123ABCD`. */
  readonly workspaces: readonly string[]
  /** A claim of the person's token that holds their user's id. */
  readonly claim?: string
  /** Directories whose subjects are e-mail addresses, where the one that Slack has confirmed will do. */
  readonly emails: readonly string[]
  /** How old the newest token that was seen of someone may be for their groups to count. */
  readonly remember: Duration
}

/** Compiles what `slack` says of people; without it nobody is anybody there. */
export function compileClicks(
  { workspaces, people = {}, remember }: SlackEntry = {},
  issuers: readonly Issuer[],
  report: Report,
): SlackPeople {
  const { claim, email = false } = people
  const persons = issuers.filter(({ kind }) => kind === 'person')
  const kept = [...new Set(persons.flatMap(({ claims }) => claims.keep))]
  if (claim !== undefined && !kept.includes(claim))
    report(
      ['slack', 'people', 'claim'],
      `is a claim that no issuer of persons keeps (claims.keep); kept are ${listed(kept)}`,
    )
  if (claim !== undefined && email)
    report(
      ['slack', 'people', 'email'],
      'must not stand beside claim: who lacks the claim would be found by less',
    )
  const emails = persons.filter(({ claims }) => holdsEmail(claims.subject)).map(({ directory }) => directory)
  if (email && emails.length === 0)
    report(
      ['slack', 'people', 'email'],
      'can never match: no issuer of persons has e-mail addresses as subjects',
    )
  return {
    workspaces: items(workspaces),
    ...(claim !== undefined && { claim }),
    emails: email ? [...new Set(emails)] : [],
    remember: readDuration(report, ['slack', 'remember'], remember, {
      least: minute,
      most: 7 * day,
      otherwise: day,
    }),
  }
}
