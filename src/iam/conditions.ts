import type { Conditions } from './statement.js'

/** Each condition as one text of operator, key and sorted values: the same text is the same condition. */
function each(conditions: Conditions = {}): readonly string[] {
  return Object.entries(conditions)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) =>
        JSON.stringify([operator, key, [...new Set(values)].sort()]),
      ),
    )
    .sort()
}

/** Whether two condition blocks say the same, whatever the order in which they say it. */
export const sameConditions = (a?: Conditions, b?: Conditions): boolean =>
  JSON.stringify(each(a)) === JSON.stringify(each(b))

/** Whether each of the `wanted` conditions stands in `held` just so. Conditions add up by AND: more is narrower. */
export function holdsConditions(held?: Conditions, wanted?: Conditions): boolean {
  const present = new Set(each(held))
  return each(wanted).every((condition) => present.has(condition))
}
