import { expand, isWildcardOnly } from '../actions.js'
import type { PolicyStatement } from '../document.js'
import type { AccessLevel, Action } from '../services.js'
import { byTag, isAnything } from './grants.js'
import { allows, pointerTo, some, type Hit, type Rule, type Unit } from './rule.js'

const everything = (pattern: string): boolean => /^\*+(:\*+)?$/.test(pattern)

const atLevel = (actions: readonly Action[], level: AccessLevel): readonly Action[] =>
  actions.filter(({ levels }) => levels.includes(level))

const listed = (actions: readonly Action[]): string => {
  const names = actions.map(({ name }) => name)
  return names.length <= 3
    ? names.join(', ')
    : `${names.length} of them, such as ${names.slice(0, 3).join(', ')}`
}

function* fullAdmin(unit: Unit): Generator<Hit> {
  for (const { at, actions, resources, conditions = {} } of allows(unit)) {
    if (actions.negated || !actions.patterns.some(everything)) continue
    if (resources.negated || !resources.patterns.includes('*')) continue
    const when = Object.keys(conditions).length > 0 ? ', but for its conditions' : ''
    yield {
      at,
      detail: `This allows every action on every resource${when}. Name the services and the resources that are needed.`,
    }
  }
}

/** The wildcards of a statement's actions, but for the one that is everything. */
function* wildcards(unit: Unit): Generator<readonly [PolicyStatement, number, string]> {
  for (const statement of allows(unit))
    if (!statement.actions.negated)
      for (const [place, pattern] of statement.actions.patterns.entries())
        if (/[*?]/.test(pattern) && !everything(pattern)) yield [statement, place, pattern]
}

function* wildcardPermissions(unit: Unit): Generator<Hit> {
  for (const [statement, place, pattern] of wildcards(unit)) {
    const { negated, patterns } = statement.resources
    const found = atLevel(expand(pattern), 'Permissions management').filter(
      (action) => negated || patterns.some((resource) => isAnything(action, resource)),
    )
    if (found.length > 0)
      yield {
        at: pointerTo(statement, 'Action', place),
        detail: `${pattern} takes in actions that say who may do what, on any resource: ${listed(found)}. Write out the actions that are needed.`,
      }
  }
}

function* wildcardAction(unit: Unit): Generator<Hit> {
  for (const [statement, place, pattern] of wildcards(unit)) {
    const found = atLevel(expand(pattern), 'Write')
    if (found.length > 0)
      yield {
        at: pointerTo(statement, 'Action', place),
        detail: `${pattern} takes in actions that change things: ${listed(found)}, and whatever AWS adds. Write out the actions that are needed.`,
      }
  }
}

/** Of these two there are rules of their own. */
const told = ['iam:PassRole', 'sts:AssumeRole']

function* wildcardResource(unit: Unit): Generator<Hit> {
  for (const statement of allows(unit)) {
    const { actions, resources } = statement
    if (actions.negated || resources.negated || actions.patterns.some(everything) || byTag(statement))
      continue
    const writing = atLevel(actions.patterns.flatMap(expand), 'Write').filter(
      (action) => !isWildcardOnly(action) && !told.includes(action.name),
    )
    for (const [place, resource] of resources.patterns.entries()) {
      const found = writing.filter((action) => isAnything(action, resource))
      if (found.length > 0)
        yield {
          at: pointerTo(statement, 'Resource', place),
          detail: `${resource} lets actions that change things act on anything of their kind: ${listed(found)}. Name the resources; these actions know them.`,
        }
    }
  }
}

function* negations(unit: Unit): Generator<Hit> {
  for (const { at, actions, resources } of allows(unit)) {
    if (actions.negated)
      yield {
        at: `${at}/NotAction`,
        detail: `This allows every action but ${some(actions.patterns)}, and whatever AWS adds. Write out the actions that are needed.`,
      }
    if (resources.negated)
      yield {
        at: `${at}/NotResource`,
        detail: `This is about every resource but ${some(resources.patterns)}, and whatever is made later. Name the resources that are needed.`,
      }
  }
}

export const wide: readonly Rule[] = [
  { code: 'full-admin', level: 'error', title: 'every action on every resource', check: fullAdmin },
  {
    code: 'wildcard-permissions',
    level: 'error',
    title: 'a wildcard over actions that manage permissions, on any resource',
    check: wildcardPermissions,
  },
  {
    code: 'wildcard-action',
    level: 'warn',
    title: 'a wildcard over actions that write',
    check: wildcardAction,
  },
  {
    code: 'wildcard-resource',
    level: 'warn',
    title: 'actions that write, on any resource',
    check: wildcardResource,
  },
  { code: 'allow-all-but', level: 'warn', title: 'NotAction or NotResource in an Allow', check: negations },
]
