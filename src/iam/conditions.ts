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
