import type { PolicyKind, PolicyStatement } from '../document.js'

/** `error`: it lets somebody out of the fence. `warn`: look at it; it may be meant. */
export type Level = 'error' | 'warn'

/** What is linted as one: the policies of one identity together, one trust policy, one resource policy, one ceiling. */
export interface Unit {
  readonly kind: PolicyKind
  readonly statements: readonly PolicyStatement[]
  /** Pointers to those of its documents that are of the version before policy variables. */
  readonly old: readonly string[]
  /** Ids of the accounts that are one's own: trust between those needs no external id. */
  readonly own: ReadonlySet<string>
}

/** Where a rule fires, and why, in one sentence that says what would help. */
export interface Hit {
  /** JSON pointer. */
  readonly at: string
  readonly detail: string
}

export interface Rule {
  readonly code: string
  readonly level: Level
  /** What it looks for, in a few words. */
  readonly title: string
  readonly check: (unit: Unit) => Iterable<Hit>
}

export interface Finding extends Hit {
  readonly code: string
  readonly level: Level
}

/** The pointer to the pattern at `place`: one that stands alone may stand without a list. */
export function pointerTo(
  { at, actions, resources }: PolicyStatement,
  element: 'Action' | 'Resource',
  place: number,
): string {
  const { negated, patterns } = element === 'Action' ? actions : resources
  return `${at}/${negated ? 'Not' : ''}${element}${patterns.length === 1 ? '' : `/${place}`}`
}

/** The statements that allow something, and are about what the caller may do. */
export const allows = ({ kind, statements }: Unit): readonly PolicyStatement[] =>
  kind === 'trust' || kind === 'resource' ? [] : statements.filter(({ effect }) => effect === 'Allow')

/** `a, b and 3 more`. */
export function some(items: readonly string[], shown = 3): string {
  const rest = items.length - shown
  return items.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
