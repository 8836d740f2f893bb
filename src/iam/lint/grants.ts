import { arnWithin, parseArn } from '../arn.js'
import type { Patterns, PolicyStatement } from '../document.js'
import { matches, within } from '../pattern.js'
import { fits, formatsOf } from '../resource-shape.js'
import { actionOf } from '../actions.js'
import type { Action } from '../services.js'

/** A statement that allows an action, with those of its resource patterns that the action can be about. */
export interface Grant {
  readonly statement: PolicyStatement
  /** `*` where the statement says only what it is not about. */
  readonly resources: readonly string[]
}

/** Whether an action, written out, is among those of an element. */
export const covers = ({ negated, patterns }: Patterns, action: string): boolean =>
  patterns.some((pattern) => matches(pattern, action, { fold: true })) !== negated

/** A service that a template's own references stand for: nothing is known of what it names. */
export const unknownService = 'x-unknown'

/** A policy variable can be any text. */
const open = (resource: string): string => resource.replace(/\$\{[^}]*\}/g, '*')

/** Whether a resource pattern can mean anything that the action acts on. Of a template's own it may. */
export const canActOn = (action: Action, resource: string): boolean =>
  parseArn(resource)?.service === unknownService || fits(action, open(resource))

/** Whether a resource pattern takes in everything that the action can act on, or everything of one kind. */
export function isAnything({ on }: Action, resource: string): boolean {
  if (resource === '*') return true
  const arn = parseArn(resource)
  return on.some(({ type }) =>
    formatsOf(type).some(
      (format) => format.service === arn?.service && within(format.resource, arn.resource),
    ),
  )
}

/** A Deny that holds whatever the request is. */
const absolute = ({ effect, conditions = {} }: PolicyStatement): boolean =>
  effect === 'Deny' && Object.keys(conditions).length === 0

/** Whether everything that the pattern means is in the element. A `NotResource` is never taken to be. */
export const holdsResource = ({ negated, patterns }: Patterns, resource: string): boolean =>
  !negated && patterns.some((outer) => arnWithin(resource, outer))

/**
 * How these statements allow an action, written out. What a Deny without conditions takes away for certain
 * is left out; what one with conditions may take away stays, since it may not.
 */
export function grantsOf(statements: readonly PolicyStatement[], action: string): readonly Grant[] {
  const known = actionOf(action)
  const denies = statements.filter((statement) => absolute(statement) && covers(statement.actions, action))
  return statements.flatMap((statement) => {
    if (statement.effect !== 'Allow' || !covers(statement.actions, action)) return []
    const named = statement.resources.negated ? ['*'] : statement.resources.patterns
    const resources = named.filter(
      (resource) =>
        (!known || canActOn(known, resource)) &&
        !denies.some((deny) => holdsResource(deny.resources, resource)),
    )
    return resources.length > 0 ? [{ statement, resources }] : []
  })
}

/** Conditions on tags narrow a wildcard to what somebody has tagged so, or tags when making it. */
export const byTag = ({ conditions = {} }: PolicyStatement): boolean =>
  Object.entries(conditions).some(
    ([operator, keys]) =>
      !/Not|IfExists|Null|ForAllValues/.test(operator) &&
      Object.keys(keys).some((key) => /^[a-z0-9-]+:(resource|request)tag\//i.test(key)),
  )

/** Whether a grant is for more than what it names one by one. `:*` behind a whole name are versions of that. */
export const isWide = ({ statement, resources }: Grant): boolean =>
  !byTag(statement) &&
  resources.some((resource) => {
    if (resource === '*') return true
    const { resource: named = '*' } = parseArn(resource) ?? {}
    return /[*?]/.test(named.replace(/\$\{[^}]*\}/g, '').replace(/^([^:/]+[:/][^*?]+):\*$/, '$1'))
  })
