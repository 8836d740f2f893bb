import { arnOverlaps, parseArn } from './arn.js'
import { matches } from './pattern.js'
import { prefixes, serviceOf, type AccessLevel } from './services.js'
import type { Statement } from './statement.js'

/** A documented form of ARNs as a pattern: what varies may be anything. */
const patternOf = (form: string): string => form.replaceAll(/\$\{[^}]*\}/g, '*')

/** The documented actions that do this to what the pattern names. */
function actionsOn(resource: string, level: AccessLevel | undefined): readonly string[] {
  const service = parseArn(resource)?.service
  const forms = new Map<string, boolean>()
  const named = (form: string): boolean => {
    const known =
      forms.get(form) ?? (form.split(':')[2] === service && arnOverlaps(patternOf(form), resource))
    forms.set(form, known)
    return known
  }
  return prefixes.flatMap((prefix) =>
    [...(serviceOf(prefix)?.actions.values() ?? [])]
      .filter(
        ({ levels, on }) => (!level || levels.includes(level)) && on.some(({ type }) => named(type.arn)),
      )
      .map(({ name }) => name),
  )
}

/**
 * Tells of statements whether they could allow an action of this level (any, if undefined) on a resource that the
 * ARN, or pattern of ARNs, names. An upper bound: conditions are taken to hold, wildcards to reach whatever they
 * may. Undefined where AWS documents no such action on such a resource: then nothing could be said.
 */
export function accessTo(
  resource: string,
  level?: AccessLevel,
): ((statements: readonly Statement[]) => boolean) | undefined {
  const names = actionsOn(resource, level)
  if (names.length === 0) return undefined
  const known = new Map<string, boolean>()
  const does = (action: string): boolean => {
    const answer = known.get(action) ?? names.some((name) => matches(action, name, { fold: true }))
    known.set(action, answer)
    return answer
  }
  return (statements) =>
    statements.some(
      ({ actions, resources }) =>
        resources.some((one) => arnOverlaps(patternOf(one), resource)) && actions.some(does),
    )
}
