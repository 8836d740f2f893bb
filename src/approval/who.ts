import type { ClaimValue, Identity } from '../identity/caller.js'
import type { Expression, View } from './expression.js'

/**
 * A description of people. Every part that is present must match; a list matches when one of it does.
 * One with no part at all is a fault of the configuration, so it can never stand for everybody.
 */
export interface Who {
  readonly groups?: readonly string[]
  /** Canonical subjects. */
  readonly subjects?: readonly string[]
  /** Claim name to accepted values; an absent claim does not match, a list matches by any element. */
  readonly claims?: Readonly<Record<string, readonly Scalar[]>>
  /** Names of schedules: whoever is on one of them at that moment. */
  readonly onCall?: readonly string[]
  /** CEL. */
  readonly when?: Expression
}

export type Scalar = string | number | boolean

/** Any of these descriptions. Never empty. */
export type Anyone = readonly Who[]

/**
 * Whether one of the descriptions matches. An expression is evaluated when the other parts of its
 * description match; one that throws, or has no scope to look at, throws here, whatever the other
 * descriptions say and in whatever order they stand.
 */
export function whoMatches(anyone: Anyone, identity: Identity, scope?: View): boolean {
  return anyone.map((who) => matchesOne(who, identity, scope)).includes(true)
}

function matchesOne(
  { groups, subjects, claims, onCall, when }: Who,
  identity: Identity,
  scope?: View,
): boolean {
  if (!groups && !subjects && !claims && !onCall && !when) return false
  if (groups && !groups.some((group) => identity.groups.includes(group))) return false
  if (subjects && !subjects.includes(identity.subject)) return false
  if (claims && !Object.entries(claims).every(([name, accepted]) => claimMatches(identity, name, accepted))) {
    return false
  }
  if (onCall && !onCall.some((name) => identity.onCall?.includes(name))) return false
  if (!when) return true
  if (!scope) throw new Error('There is no ask for this expression to look at.')
  return when.test(scope)
}

function claimMatches({ claims }: Identity, name: string, accepted: readonly Scalar[]): boolean {
  if (!Object.hasOwn(claims, name)) return false
  const value: ClaimValue | undefined = claims[name]
  const held: readonly unknown[] = Array.isArray(value) ? value : [value]
  return accepted.some((one) => held.includes(one))
}

/** In words, for a person: `group leads, or subject corp#ana@example.com`. */
export const describe = (anyone: Anyone): string => anyone.map(describeOne).join(', or ') || 'nobody'

function describeOne({ groups, subjects, claims, onCall, when }: Who): string {
  const parts = [
    ...(groups ? [`${groups.length > 1 ? 'groups' : 'group'} ${groups.join(' or ')}`] : []),
    ...(subjects ? [`${subjects.length > 1 ? 'subjects' : 'subject'} ${subjects.join(' or ')}`] : []),
    ...Object.entries(claims ?? {}).map(([name, accepted]) => `claim ${name} = ${accepted.join(' or ')}`),
    ...(onCall ? [`on call for ${onCall.join(' or ')}`] : []),
    ...(when ? [`where ${when.source.trim()}`] : []),
  ]
  return parts.join(' and ') || 'nobody'
}

/** The subjects among whom all who match must be; undefined when that cannot be known beforehand. */
export function subjectsOnly(anyone: Anyone): ReadonlySet<string> | undefined {
  const named = anyone.flatMap(({ subjects }) => (subjects ? [subjects] : []))
  return named.length === anyone.length ? new Set(named.flat()) : undefined
}
