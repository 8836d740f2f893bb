import { matches } from '../iam/pattern.js'
import type { Conditions } from '../iam/statement.js'

/** What one condition lets a key be. */
export interface Accepts {
  readonly values: readonly string[]
  readonly holds: (text: string) => boolean
}

type Compare = (value: string, text: string) => boolean
const exact: Compare = (value, text) => value === text
const folded: Compare = (value, text) => value.toLowerCase() === text.toLowerCase()

/**
 * Operators that hold only when the key is there and has one of the values. `IfExists`, `ForAllValues:` and those
 * with `Not` hold for a request that leaves the key out as well, and so bind nobody.
 */
const binding: Readonly<Record<string, Compare>> = {
  StringEquals: exact,
  StringEqualsIgnoreCase: folded,
  StringLike: matches,
}

/** The same in a Deny, which also holds where the key is left out. */
const sparing: Readonly<Record<string, Compare>> = {
  StringNotEquals: exact,
  StringNotEqualsIfExists: exact,
  StringNotEqualsIgnoreCase: folded,
  StringNotEqualsIgnoreCaseIfExists: folded,
  StringNotLike: matches,
  StringNotLikeIfExists: matches,
}

/** What the conditions of an Allow let `key` be, each on its own; none where nothing binds it. */
export const accepted = (conditions: Conditions | undefined, key: string): readonly Accepts[] =>
  Object.entries(conditions ?? {}).flatMap(([operator, keys]) => read(binding, operator, keys, key))

/** What a Deny leaves `key` to be. Conditions add up: one that speaks of something else as well denies less. */
export function spared(conditions: Conditions | undefined, key: string): readonly Accepts[] {
  const [only, ...more] = Object.entries(conditions ?? {})
  if (!only || more.length > 0 || Object.keys(only[1]).length !== 1) return []
  return read(sparing, only[0], only[1], key)
}

function read(
  operators: Readonly<Record<string, Compare>>,
  operator: string,
  keys: Readonly<Record<string, readonly string[]>>,
  key: string,
): readonly Accepts[] {
  const compare = Object.hasOwn(operators, operator) ? operators[operator] : undefined
  if (!compare) return []
  return (
    Object.entries(keys)
      .filter(([name]) => name.toLowerCase() === key.toLowerCase())
      // A policy variable is anything until AWS fills it in.
      .filter(([, values]) => values.length > 0 && !values.some((value) => value.includes('${')))
      .map(([, values]) => ({ values, holds: (text) => values.some((value) => compare(value, text)) }))
  )
}
