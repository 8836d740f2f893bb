import { sourceIdentity } from '../iam/names.js'
import { isoSeconds, type Instant } from '../time.js'
import type { DenyEntry } from './denial.js'
import type { Issuance } from './grant.js'

/**
 * The policies that deny what the entries say, the one that denies least first. A session is known by
 * `aws:userid`, `<role's id>:<session name>`: the role is the one that the policy is on, and no two sessions
 * of Stint have one name. `StringLike` is exact but for the role's id, since names hold neither `*` nor `?`
 * (STS API, RoleSessionName). The second one is for a role with no room for so many names: it denies every
 * session from before the newest of the entries, and whose window is open still can collect again.
 * `sessionsOf` knows the issuances of a grant.
 */
export function denyPolicies(
  entries: readonly DenyEntry[],
  sessionsOf: (grant: string) => readonly Issuance[],
): readonly string[] {
  if (entries.length === 0) return []
  const names = entries.flatMap(({ whose }) =>
    typeof whose === 'object' && 'grant' in whose ? sessionsOf(whose.grant).filter(mayLive) : [],
  )
  const everybody = entries.filter(({ whose }) => whose === 'everybody')
  const exact = [
    ...(names.length > 0
      ? [deny('Grants', { StringLike: { 'aws:userid': names.map(({ sessionName }) => `*:${sessionName}`) } })]
      : []),
    ...entries.flatMap(({ whose, before }, at) =>
      typeof whose === 'object' && 'subject' in whose
        ? [
            deny(`Person${at}`, {
              StringEquals: { 'aws:SourceIdentity': sourceIdentity(whose.subject) },
              ...issuedBefore(before),
            }),
          ]
        : [],
    ),
    ...(everybody.length > 0 ? [deny('Everybody', issuedBefore(newest(everybody)))] : []),
  ]
  return [exact, [deny('Everybody', issuedBefore(newest(entries)))]].map((Statement) =>
    JSON.stringify({ Version: '2012-10-17', Statement }),
  )
}

/** What STS refused for certain has made no session; of everything else there may be one. */
export const mayLive = ({ state }: Issuance): boolean => state !== 'failed'

const newest = (entries: readonly DenyEntry[]): Instant => Math.max(...entries.map(({ before }) => before))

/** IAM compares whole seconds. */
const issuedBefore = (before: Instant) => ({
  DateLessThan: { 'aws:TokenIssueTime': isoSeconds(before + 999) },
})

const deny = (Sid: string, Condition: Readonly<Record<string, unknown>>) => ({
  Sid: `Stint${Sid}`,
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition,
})
