import { expand } from '../iam/actions.js'
import { arnOverlaps, arnWithin, parseArn } from '../iam/arn.js'
import { matches, overlaps } from '../iam/pattern.js'
import type { Conditions, Statement } from '../iam/statement.js'
import { accepted, spared, type Accepts } from './conditions.js'
import type { Denial, Policy } from './policy.js'
import type { Prices } from './prices.js'

/** One action that could cost something, that one statement allows and no Deny takes away altogether. */
export interface Reached {
  /** As AWS writes it, or as asked where AWS documents no such action. */
  readonly action: string
  /** Those in the account's partition. */
  readonly resources: readonly string[]
  readonly conditions: Conditions | undefined
  /** The Denies that speak of this action. */
  readonly denials: readonly Denial[]
}

const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'

/** Every such action that the policy allows in these regions, once for each statement that does. */
export function reach(
  { allow, deny }: Policy,
  regions: readonly string[],
  prices: Prices,
): readonly Reached[] {
  const partitions = [...new Set(regions.map(partitionOf))]
  const isThere = (resource: string) => {
    const partition = parseArn(resource)?.partition ?? '*'
    return partitions.some((one) => matches(partition, one))
  }
  const denying = deny.map((denial) => ({ ...denial, resources: denial.resources.filter(isThere) }))
  return allow.flatMap((statement) => {
    const resources = statement.resources.filter(isThere)
    if (resources.length === 0) return []
    return actionsOf(statement, prices).flatMap((action) => {
      const denials = denying.filter((denial) => denies(denial, action))
      const gone = denials.some((denial) => deniedOn(denial, '*'))
      return gone ? [] : [{ action, resources, conditions: statement.conditions, denials }]
    })
  })
}

/**
 * The actions of a statement that change something, stand in the price data, or are nowhere documented: nothing else
 * can cost anything.
 */
function actionsOf({ actions }: Statement, prices: Prices): readonly string[] {
  const found = new Map<string, string>()
  for (const pattern of actions) {
    const known = expand(pattern)
    const writing = known.filter(
      ({ levels }) => levels.includes('Write') || levels.includes('Permissions management'),
    )
    const named = prices.named.filter((name) => matches(pattern, name, { fold: true }))
    const unheard = known.length + named.length === 0 ? [pattern] : []
    // AWS's own spelling stands, where it has one.
    for (const action of [...unheard, ...named, ...writing.map(({ name }) => name)])
      found.set(action.toLowerCase(), action)
  }
  return [...found.values()]
}

/** Whether a Deny speaks of an action; of a pattern only where it speaks of all that it can mean. */
const denies = ({ actions, notActions }: Denial, action: string): boolean =>
  actions
    ? actions.some((pattern) => matches(pattern, action, { fold: true }))
    : !(notActions ?? ['*']).some((pattern) => overlaps(pattern, action, { fold: true }))

/** Whether a Deny takes in all of `pattern`, whose partition is left open: it is the account's, like the Deny's. */
const covers = ({ resources }: Denial, pattern: string): boolean =>
  resources.some((resource) => {
    const partition = parseArn(resource)?.partition ?? '*'
    return arnWithin(pattern.replace(/^arn:\*:/, `arn:${partition}:`), resource)
  })

const deniedOn = (denial: Denial, pattern: string): boolean =>
  Object.keys(denial.conditions ?? {}).length === 0 && covers(denial, pattern)

/** The resources by which an action can be used on any of `pattern`'s; none where all of those are denied. */
export function resourcesFor({ resources, denials }: Reached, pattern: string): readonly string[] {
  if (denials.some((denial) => deniedOn(denial, pattern))) return []
  return resources.filter((resource) => arnOverlaps(resource, pattern))
}

/** What a condition key may be when the action is used on any of `pattern`'s resources. */
export const acceptsFor = (
  { conditions, denials }: Reached,
  pattern: string,
  key: string,
): readonly Accepts[] => [
  ...accepted(conditions, key),
  ...denials.flatMap((denial) => (covers(denial, pattern) ? spared(denial.conditions, key) : [])),
]

/** The regions, of those given, in which an action can be used by way of `resources`. */
export function regionsFor(
  reached: Reached,
  pattern: string,
  resources: readonly string[],
  regions: readonly string[],
): readonly string[] {
  const accepts = acceptsFor(reached, pattern, 'aws:RequestedRegion')
  const written = resources.map((resource) => parseArn(resource)?.region ?? '')
  return regions.filter(
    (region) =>
      accepts.every(({ holds }) => holds(region)) &&
      written.some((pattern) => pattern === '' || matches(pattern, region)),
  )
}
