import { expand } from '../../iam/actions.js'
import { matches } from '../../iam/pattern.js'
import type { Statement } from '../../iam/statement.js'

/** A ceiling without what was not used, and what became of each action. */
export interface Narrower {
  readonly statements: readonly Statement[]
  /** Not used, though the trail would show it. */
  readonly unused: readonly string[]
  /** Kept without being known to be used, and why the trail does not show whether it was. */
  readonly unknown: readonly { readonly action: string; readonly because: string }[]
}

interface Facts {
  /** Whether a documented action was used. */
  readonly isUsed: (action: string) => boolean
  /** Why the trail would not show it if it was; undefined where it would. */
  readonly unshown: (action: string) => string | undefined
}

/**
 * Takes out of a ceiling what the trail shows nobody to have used: an action at a time, statement by statement, never
 * one of which the trail could not show the use. A pattern of which all is kept stays as it was written; of one of which some
 * is kept, the names take its place. What AWS does not document stays. So it is contained in the ceiling always.
 */
export function narrower(ceiling: readonly Statement[], { isUsed, unshown }: Facts): Narrower {
  const unused = new Set<string>()
  const unknown = new Map<string, string>()
  const isKept = (action: string): boolean => {
    if (isUsed(action)) return true
    const because = unshown(action)
    if (because === undefined) unused.add(action)
    else unknown.set(action, because)
    return because !== undefined
  }
  const statements = ceiling.flatMap((statement) => {
    const actions = statement.actions.flatMap((pattern) => {
      const names = expand(pattern).map(({ name }) => name)
      if (names.length === 0) return isKept(pattern) ? [pattern] : []
      const kept = names.filter(isKept)
      return kept.length === names.length ? [pattern] : kept
    })
    return actions.length > 0 ? [{ ...statement, actions: distinct(actions) }] : []
  })
  return {
    statements,
    unused: [...unused].sort(),
    unknown: [...unknown]
      .map(([action, because]) => ({ action, because }))
      .sort((a, b) => (a.action < b.action ? -1 : 1)),
  }
}

/** Each once, and none that a pattern among them has already. */
function distinct(actions: readonly string[]): readonly string[] {
  const patterns = [...new Set(actions)].filter((action) => /[*?]/.test(action))
  return [...new Set(actions)].filter(
    (action) => !patterns.some((other) => other !== action && matches(other, action, { fold: true })),
  )
}
