import { expand } from './actions.js'
import { actionLanguage, elementsApart, elementWithin, plainResources, resourceLanguage } from './coverage.js'
import type { Patterns, PolicyDocument, PolicyStatement } from './document.js'
import { alternatives, demandsOf, excludes, firstUnmet, type Demand } from './implication.js'

/** A statement with its conditions made comparable, once for all comparisons. */
interface Prepared {
  readonly statement: PolicyStatement
  readonly demands: readonly Demand[]
}

/** The part of an asked statement that is proved as one: one action and one resource as they were written. */
interface Piece {
  readonly actions: Patterns
  readonly resources: Patterns
  readonly demands: readonly Demand[]
}

export interface Options {
  /**
   * Takes an action pattern for the actions that AWS documents today and that it matches. Without it the
   * pattern stands for every name of that form, so that what AWS adds tomorrow is covered too.
   */
  readonly documented?: boolean
}

/** What could not be proved, as it was written, and what stands against it. */
export interface Gap {
  readonly action: string
  readonly resource: string
  readonly because:
    | { readonly kind: 'nothing' }
    /** The statement that would allow it but for a condition that is not proved to hold. */
    | {
        readonly kind: 'condition'
        readonly by: PolicyStatement
        readonly operator: string
        readonly key: string
      }
    | { readonly kind: 'denied'; readonly by: PolicyStatement }
}

export type Containment = { readonly ok: true } | { readonly ok: false; readonly gap: Gap }

/**
 * The statements of one effect. One with an operator that IAM does not know is left out, since it promises
 * nothing; where it could stand in the way, `whole` takes it to apply always.
 */
const prepare = (
  statements: readonly PolicyStatement[],
  effect: PolicyStatement['effect'],
  whole = false,
): readonly Prepared[] =>
  statements.flatMap((statement) => {
    if (statement.effect !== effect) return []
    const demands = demandsOf(statement.conditions) ?? (whole ? [] : undefined)
    return demands ? [{ statement, demands }] : []
  })

const holdsAction = ({ statement }: Prepared, { actions }: Piece): boolean =>
  elementWithin(actions, statement.actions, actionLanguage)

const holdsResource = ({ statement }: Prepared, { resources }: Piece): boolean =>
  elementWithin(resources, statement.resources, resourceLanguage)

/** Whether one statement holds the piece's resources, or all that they name together. */
function covered(piece: Piece, willing: readonly Prepared[]): boolean {
  const holds = ({ statement }: Prepared): boolean =>
    elementWithin(piece.resources, statement.resources, plainResources)
  if (willing.some(holds)) return true
  const named = willing.filter(({ statement }) => !statement.resources.negated)
  const patterns = named.flatMap(({ statement }) => statement.resources.patterns)
  return elementWithin(piece.resources, { negated: false, patterns }, resourceLanguage)
}

/** Whether the allows hold the piece: all of it, or each of the values among which its conditions choose. */
function allowed(piece: Piece, { allows, willing }: Ceiling): boolean {
  const able = willing(piece.demands).filter((one) => holdsAction(one, piece))
  if (covered(piece, able)) return true
  const choices = alternatives(piece.demands) ?? []
  if (choices.length === 0) return false
  const holders = allows.filter((one) => holdsAction(one, piece))
  return choices.every((demands) =>
    covered(
      piece,
      holders.filter((one) => firstUnmet(demands, one.demands) === undefined),
    ),
  )
}

/** The ceiling's deny that may take away some of the piece, unless the request denies that itself. */
function denier(piece: Piece, denies: readonly Prepared[], own: readonly Prepared[]): Prepared | undefined {
  return denies.find((deny) => {
    const { actions, resources } = deny.statement
    if (elementsApart(piece.actions, actions, actionLanguage)) return false
    if (elementsApart(piece.resources, resources, resourceLanguage)) return false
    if (excludes(piece.demands, deny.demands)) return false
    const demands = [...piece.demands, ...deny.demands]
    const taken = [piece, { actions, resources, demands }]
    return !own.some(
      (other) =>
        taken.some((part) => holdsAction(other, part)) &&
        taken.some((part) => holdsResource(other, part)) &&
        firstUnmet(demands, other.demands) === undefined,
    )
  })
}

/** One by one what an element names; what it names by leaving out is one. */
const each = ({ negated, patterns }: Patterns): readonly Patterns[] =>
  negated ? [{ negated, patterns }] : patterns.map((pattern) => ({ negated, patterns: [pattern] }))

const shown = ({ negated, patterns }: Patterns): string =>
  negated ? `all but ${patterns.join(', ')}` : patterns.join(', ')

/** The documented actions of a pattern that names its service, as elements of their own. */
function documentedActions({ negated, patterns: [pattern = ''] }: Patterns): readonly Patterns[] {
  if (negated || !/^[^*?]+:.*[*?]/.test(pattern)) return []
  return expand(pattern).map(({ name }) => ({ negated: false, patterns: [name] }))
}

interface Ceiling {
  readonly allows: readonly Prepared[]
  /** Those of the allows whose conditions are met by whatever meets these. */
  readonly willing: (demands: readonly Demand[]) => readonly Prepared[]
  readonly denies: readonly Prepared[]
  /** The denies of the request itself. */
  readonly own: readonly Prepared[]
}

function gapOf(piece: Piece, ceiling: Ceiling): Gap | undefined {
  const { allows, denies, own } = ceiling
  const what = { action: shown(piece.actions), resource: shown(piece.resources) }
  const deny = denier(piece, denies, own)
  if (deny) return { ...what, because: { kind: 'denied', by: deny.statement } }
  if (allowed(piece, ceiling)) return undefined
  const near = allows.find((one) => holdsAction(one, piece) && holdsResource(one, piece))
  const unmet = near && firstUnmet(piece.demands, near.demands)
  if (!near || !unmet) return { ...what, because: { kind: 'nothing' } }
  return {
    ...what,
    because: { kind: 'condition', by: near.statement, operator: unmet.operator, key: unmet.key },
  }
}

function firstGap(piece: Piece, ceiling: Ceiling, { documented = false }: Options): Gap | undefined {
  const gap = gapOf(piece, ceiling)
  const names = gap && documented ? documentedActions(piece.actions) : []
  if (!gap || names.length === 0) return gap
  for (const actions of names) {
    const missing = gapOf({ ...piece, actions }, ceiling)
    if (missing) return missing
  }
  return undefined
}

/** The conditions of a statement are the same for each of its pieces, so they are compared once. */
function onceEach<K extends object, V>(work: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    const value = known.get(key) ?? work(key)
    known.set(key, value)
    return value
  }
}

export type Policy = Pick<PolicyDocument, 'version' | 'statements'>

/** In the older version `${...}` is plain text, so the same text then means something else. */
const areMixed = (a: Policy, b: Policy): boolean =>
  a.version !== b.version && JSON.stringify([a, b]).includes('${')

/**
 * Whether whatever `request` allows is provably allowed by `ceiling`, each of them one policy with its
 * denies. Sound: never ok where something would be allowed by the one and not by the other. What is true for
 * reasons that lie in several statements may be missed, save that each action, each resource and each of
 * several values of a condition may be held by a statement of its own, and a resource by several together.
 */
export function contains(ceiling: Policy, request: Policy, options: Options = {}): Containment {
  const allows = areMixed(ceiling, request) ? [] : prepare(ceiling.statements, 'Allow')
  const sides = {
    allows,
    willing: onceEach((demands: readonly Demand[]) =>
      allows.filter((one) => firstUnmet(demands, one.demands) === undefined),
    ),
    denies: prepare(ceiling.statements, 'Deny', true),
    own: prepare(request.statements, 'Deny'),
  }
  for (const { statement, demands } of prepare(request.statements, 'Allow', true)) {
    for (const actions of each(statement.actions)) {
      for (const resources of each(statement.resources)) {
        const gap = firstGap({ actions, resources, demands }, sides, options)
        if (gap) return { ok: false, gap }
      }
    }
  }
  return { ok: true }
}
