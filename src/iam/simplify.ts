import { actionWithin } from './action.js'
import { arnWithin } from './arn.js'
import { sameConditions } from './conditions.js'
import { contains } from './containment.js'
import { policyOf } from './document.js'
import type { Statement } from './statement.js'

type Within = (inner: string, outer: string) => boolean

/** Drops each item that another one of the list holds already; of two that say the same the first stays. */
function irreducible(items: readonly string[], holds: Within): readonly string[] {
  return items.filter(
    (item, i) => !items.some((other, j) => j !== i && holds(item, other) && (j < i || !holds(other, item))),
  )
}

const covers = (outer: readonly string[], inner: readonly string[], holds: Within): boolean =>
  inner.every((item) => outer.some((other) => holds(item, other)))

const same = (a: readonly string[], b: readonly string[], holds: Within): boolean =>
  covers(a, b, holds) && covers(b, a, holds)

/**
 * One statement for two where that means exactly the same: their conditions agree, and so does one side of
 * actions and resources, or one statement holds all of the other. Undefined where it does not.
 */
function merged(a: Statement, b: Statement): Statement | undefined {
  if (!sameConditions(a.conditions, b.conditions)) return undefined
  if (covers(a.actions, b.actions, actionWithin) && covers(a.resources, b.resources, arnWithin)) return a
  if (covers(b.actions, a.actions, actionWithin) && covers(b.resources, a.resources, arnWithin)) return b
  if (same(a.actions, b.actions, actionWithin)) {
    return { ...a, resources: irreducible([...a.resources, ...b.resources], arnWithin) }
  }
  if (same(a.resources, b.resources, arnWithin)) {
    return { ...a, actions: irreducible([...a.actions, ...b.actions], actionWithin) }
  }
  return undefined
}

/** Leaves out what the others allow already, each on its own or together. */
function withoutSubsumed(statements: readonly Statement[]): readonly Statement[] {
  return statements.reduceRight<readonly Statement[]>((kept, statement) => {
    const others = kept.filter((other) => other !== statement)
    return others.length > 0 && contains(policyOf(others), policyOf([statement])).ok ? others : kept
  }, statements)
}

/** Fewer and shorter statements that allow exactly what the given ones allow. */
export function simplify(statements: readonly Statement[]): readonly Statement[] {
  const kept: Statement[] = []
  for (const statement of statements) {
    let one: Statement = {
      ...statement,
      actions: irreducible(statement.actions, actionWithin),
      resources: irreducible(statement.resources, arnWithin),
    }
    // What has grown may now fit together with one that was kept before it.
    for (let i = 0; i < kept.length; i++) {
      const grown = merged(kept[i] as Statement, one)
      if (!grown) continue
      one = grown
      kept.splice(i, 1)
      i = -1
    }
    kept.push(one)
  }
  return withoutSubsumed(kept)
}
