import { actionOf } from '../actions.js'
import { grantsOf, isAnything, type Grant } from './grants.js'
import { allows, type Hit, type Rule, type Unit } from './rule.js'

const conditionKeys = ({ statement: { conditions = {} } }: Grant): readonly string[] =>
  Object.values(conditions).flatMap((keys) => Object.keys(keys).map((key) => key.toLowerCase()))

const anyRole = (action: string, resource: string): boolean => {
  const known = actionOf(action)
  return known !== undefined && isAnything(known, resource)
}

const broad = (unit: Unit, action: string): readonly Grant[] =>
  unit.kind === 'identity' || unit.kind === 'session'
    ? grantsOf(unit.statements, action).filter(({ resources }) =>
        resources.some((one) => anyRole(action, one)),
      )
    : []

function* passRole(unit: Unit): Generator<Hit> {
  for (const { statement } of broad(unit, 'iam:PassRole'))
    yield {
      at: statement.at,
      detail:
        'iam:PassRole is allowed on any role, so work can be handed the strongest one there is. Name the roles, and the service with iam:PassedToService.',
    }
}

function* assumeRole(unit: Unit): Generator<Hit> {
  for (const { statement } of broad(unit, 'sts:AssumeRole'))
    yield {
      at: statement.at,
      detail:
        'sts:AssumeRole is allowed on any role, in any account that trusts this one. Name the roles that may be assumed.',
    }
}

const creating = ['iam:CreateRole', 'iam:CreateUser']

function* boundary(unit: Unit): Generator<Hit> {
  const places = new Map<string, string[]>()
  for (const action of allows(unit).length > 0 ? creating : [])
    for (const grant of grantsOf(unit.statements, action)) {
      if (conditionKeys(grant).includes('iam:permissionsboundary')) continue
      places.set(grant.statement.at, [...(places.get(grant.statement.at) ?? []), action])
    }
  for (const [at, actions] of places)
    yield {
      at,
      detail: `${actions.join(' and ')} without a permissions boundary: whoever is created may be given more than its creator has. Demand one with a condition on iam:PermissionsBoundary.`,
    }
}

export const roles: readonly Rule[] = [
  { code: 'pass-any-role', level: 'error', title: 'iam:PassRole on any role', check: passRole },
  { code: 'assume-any-role', level: 'error', title: 'sts:AssumeRole on any role', check: assumeRole },
  {
    code: 'no-permissions-boundary',
    level: 'warn',
    title: 'roles or users are created without a permissions boundary',
    check: boundary,
  },
]
