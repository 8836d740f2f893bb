import type { Conditions } from '../statement.js'
import { newRights, takenRoles, type EscalationPath } from './escalation-paths.js'
import { grantsOf, isWide, type Grant } from './grants.js'
import { some, type Hit, type Rule, type Unit } from './rule.js'

/** The values that a condition holds a key to; undefined where it is not held to any. */
function heldTo({ conditions = {} }: { readonly conditions?: Conditions }, key: string) {
  return Object.entries(conditions)
    .filter(([operator]) =>
      /^(ForAnyValue:)?(String(Equals|Like)(IgnoreCase)?|Arn(Equals|Like))$/.test(operator),
    )
    .flatMap(([, keys]) => Object.entries(keys))
    .find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
}

/** Whether this grant cannot be used for a path, since its conditions say what it is for. */
function isHeld(action: string, { statement }: Grant, passes: string | undefined): boolean {
  if (action === 'iam:PassRole') {
    const services = heldTo(statement, 'iam:PassedToService')
    return services !== undefined && !services.some((service) => service === passes || /[*?]/.test(service))
  }
  // With a boundary that is demanded, or policies that are named, what is given stays within those.
  return (
    /^iam:(Attach|Put)(User|Role)Policy$|^iam:AttachGroupPolicy$/.test(action) &&
    (heldTo(statement, 'iam:PermissionsBoundary') ?? heldTo(statement, 'iam:PolicyARN')) !== undefined
  )
}

/** Where a path is open: the statements that give its last action; undefined where one is not given. */
function openAt(unit: Unit, { needs, wide = [], passes }: EscalationPath): readonly Grant[] | undefined {
  const steps = [
    ...(passes === undefined ? [] : [{ action: 'iam:PassRole', widely: true }]),
    ...needs.map((action) => ({ action, widely: false })),
    ...wide.map((action) => ({ action, widely: true })),
  ]
  const given = steps.map(({ action, widely }) =>
    grantsOf(unit.statements, action).filter(
      (grant) => !isHeld(action, grant, passes) && (!widely || isWide(grant)),
    ),
  )
  return given.every((grants) => grants.length > 0) ? given.flatMap(([first]) => first ?? []) : undefined
}

/** One hit for all paths that are open by the same statements, so that a wide grant is not told off fifty times. */
function* check(unit: Unit, paths: readonly EscalationPath[]): Generator<Hit> {
  if (unit.kind === 'trust' || unit.kind === 'resource') return
  const open = new Map<string, { readonly can: string; readonly ways: string[]; readonly link: string }>()
  for (const path of paths) {
    const places = openAt(unit, path)?.map(({ statement }) => statement.at)
    if (!places) continue
    const key = JSON.stringify([[...new Set(places)].sort(), path.passes === undefined ? path.can : 'pass'])
    const actions = [
      ...(path.passes === undefined ? [] : ['iam:PassRole']),
      ...path.needs,
      ...(path.wide ?? []),
    ]
    const found = open.get(key) ?? { can: path.can, ways: [], link: path.link }
    found.ways.push(`${path.id} (${actions.join(' + ')})`)
    open.set(key, found)
  }
  for (const [key, { can, ways, link }] of open) {
    const [[at = '', ...others]] = JSON.parse(key) as [string[]]
    const together = others.length > 0 ? `, together with ${others.join(', ')}` : ''
    yield {
      at,
      detail: `Whoever has this${together} can ${can}: ${some(ways)}. Name the roles or resources one by one, demand a permissions boundary, or take an action away. See ${link}`,
    }
  }
}

export const escalation: readonly Rule[] = [
  {
    code: 'privilege-escalation',
    level: 'error',
    title: 'a known way to rights that the policy does not give',
    check: (unit) => check(unit, newRights),
  },
  {
    code: 'role-takeover',
    level: 'warn',
    title: 'acting with the role of something that runs already',
    check: (unit) => check(unit, takenRoles),
  },
]
