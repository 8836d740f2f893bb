import { expand, isWildcardOnly } from '../actions.js'
import { parseArn } from '../arn.js'
import type { PolicyStatement } from '../document.js'
import { nearest } from '../nearest.js'
import { regionNames, regionOf } from '../regions.js'
import { typesOf } from '../resource-shape.js'
import type { Action, ResourceType } from '../services.js'
import { canActOn, unknownService } from './grants.js'
import { allows, pointerTo, some, type Hit, type Rule, type Unit } from './rule.js'

/** Statements that name what they are about. What a resource policy may name depends on its service. */
const named = (unit: Unit): readonly PolicyStatement[] =>
  allows(unit).filter(
    ({ actions, resources }) =>
      !actions.negated && !resources.negated && ![...actions.patterns, ...resources.patterns].includes('*'),
  )

const formats = (actions: readonly Action[]): string =>
  some(
    [...new Set(actions.flatMap(({ on }) => on.map(({ type }) => type.arn)))].map((arn) =>
      arn.replace(/\$\{(\w+)\}/g, '<$1>'),
    ),
    2,
  )

/** What only `*` works for, in a statement that names resources. */
function* needsStar(unit: Unit): Generator<Hit> {
  for (const statement of named(unit)) {
    for (const [place, pattern] of statement.actions.patterns.entries()) {
      const reached = expand(pattern)
      if (reached.length > 0 && reached.every(isWildcardOnly))
        yield {
          at: pointerTo(statement, 'Action', place),
          detail: `${pattern} acts on no resource that can be named: it works only in a statement with the resource *.`,
        }
    }
  }
}

function* mismatched(unit: Unit): Generator<Hit> {
  for (const statement of named(unit)) {
    const { actions, resources } = statement
    const reached = actions.patterns.map(expand)
    let said = false
    for (const [place, found] of reached.entries()) {
      const acting = found.filter((action) => !isWildcardOnly(action))
      const dead =
        acting.length > 0 && !acting.some((action) => resources.patterns.some((one) => canActOn(action, one)))
      said ||= dead
      if (dead)
        yield {
          at: pointerTo(statement, 'Action', place),
          detail: `${actions.patterns[place]} acts on none of the resources here, so this allows nothing of it. It acts on ${formats(acting)}.`,
        }
    }
    // What AWS does not document may act on anything; what acts on nothing has a rule of its own.
    if (said || reached.some((found) => found.every(isWildcardOnly))) continue
    for (const [place, resource] of resources.patterns.entries())
      if (!reached.flat().some((action) => canActOn(action, resource)))
        yield {
          at: pointerTo(statement, 'Resource', place),
          detail: `None of the actions here acts on ${resource}. They act on ${formats(reached.flat())}.`,
        }
  }
}

/** Kinds that an ARN without wildcards can be, the closest only: an index's ARN is also of the form of a table's. */
function closest(resource: string, service: string): readonly string[] {
  const arn = parseArn(resource)
  const types = arn ? typesOf(arn, service) : []
  const literal = (type: ResourceType): number => type.arn.replace(/\$\{[^}]*\}/g, '').length
  const most = Math.max(...types.map(literal))
  return types.filter((type) => literal(type) === most).map(({ name }) => name)
}

/** `dynamodb:GetItem` on an index: of the right form only because the name of a table could be anything. */
function* wrongType(unit: Unit): Generator<Hit> {
  for (const statement of named(unit)) {
    const { actions, resources } = statement
    if (!resources.patterns.every(isWhole)) continue
    for (const [place, pattern] of actions.patterns.entries()) {
      const formed = expand(pattern).filter((action) =>
        resources.patterns.some((resource) => canActOn(action, resource)),
      )
      const [first] = formed
      const types = new Set(first && resources.patterns.flatMap((one) => closest(one, first.service)))
      if (types.size === 0 || formed.some(({ on }) => on.some(({ type }) => types.has(type.name)))) continue
      yield {
        at: pointerTo(statement, 'Action', place),
        detail: `${pattern} does not act on ${some([...types])}, which is what the resources here are. It acts on ${formats(formed)}.`,
      }
    }
  }
}

/** One thing, written out. */
const isWhole = (resource: string): boolean =>
  !/[*?$]/.test(resource) && parseArn(resource)?.service !== unknownService

/** A region that AWS does not have, or has in another partition. */
function* regions({ statements }: Unit): Generator<Hit> {
  for (const statement of statements)
    for (const [place, resource] of statement.resources.patterns.entries()) {
      const { region: name = '', partition = '' } = parseArn(resource) ?? {}
      if (name === '' || /[*?$]/.test(name)) continue
      const region = regionOf(name)
      if (region && (region.partition === partition || /[*?]/.test(partition))) continue
      const fault = region
        ? `lies in the partition ${region.partition}, not in ${partition}`
        : `is no region that is known here; the nearest is ${nearest(name, regionNames)}`
      yield {
        at: pointerTo(statement, 'Resource', place),
        detail: `${resource} can name nothing: ${name} ${fault}.`,
      }
    }
}

export const resources: readonly Rule[] = [
  {
    code: 'unknown-region',
    level: 'warn',
    title: 'a resource in a region that there is not',
    check: regions,
  },
  {
    code: 'needs-any-resource',
    level: 'warn',
    title: 'an action that works only on *, on named resources',
    check: needsStar,
  },
  {
    code: 'mismatched-resource',
    level: 'warn',
    title: 'actions and resources that do not go together',
    check: mismatched,
  },
  {
    code: 'mismatched-resource-type',
    level: 'warn',
    title: 'an action on a resource of another type',
    check: wrongType,
  },
]
