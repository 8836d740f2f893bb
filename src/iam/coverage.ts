import { actionWithin } from './action.js'
import { arnWithin, parseArn } from './arn.js'
import type { Patterns } from './document.js'
import { matches, overlaps, within } from './pattern.js'
import { withinAny } from './pattern-union.js'

/** How the patterns of one element are compared. */
export interface Language {
  /** Whether all that `inner` matches is provably matched by one of `outers`, or by several of them together. */
  readonly within: (inner: string, outers: readonly string[]) => boolean
  /** Whether nothing is provably matched by both. */
  readonly apart: (a: string, b: string) => boolean
}

const isAny = (pattern: string): boolean => pattern === '*' || pattern === '*:*'

/** What has no wildcard is one text, which several patterns hold no better than one. */
const isOpen = (pattern: string): boolean => /[*?]/.test(pattern)

function actionsWithin(inner: string, outers: readonly string[]): boolean {
  if (!isOpen(inner)) return outers.some((outer) => isAny(outer) || matches(outer, inner, { fold: true }))
  if (outers.some((outer) => isAny(outer) || actionWithin(inner, outer))) return true
  // Actions are ASCII, where lower case is all that folding is.
  const lower = outers.map((outer) => outer.toLowerCase())
  return outers.length > 1 && withinAny(inner.toLowerCase(), lower)
}

export const actionLanguage: Language = {
  within: actionsWithin,
  apart: (a, b) => !isAny(a) && !isAny(b) && !overlaps(a, b, { fold: true }),
}

/** A policy variable stands for any text, so far as can be known here. */
const anything = (text: string): string => text.replace(/\$\{[^{}]*\}/g, '*')

/** Where the resource's own part, the sixth, is covered only by several ARNs that agree with it before that. */
function coveredTogether(inner: string, outers: readonly string[]): boolean {
  const wanted = parseArn(inner)
  if (!wanted) return false
  const resources = outers.flatMap((outer) => {
    const arn = parseArn(outer)
    const around = arn && { ...arn, resource: '' }
    const agrees =
      around &&
      (['partition', 'service', 'region', 'account'] as const).every((part) =>
        within(wanted[part], arn[part]),
      )
    return arn && agrees ? [arn.resource] : []
  })
  return resources.length > 1 && withinAny(wanted.resource, resources)
}

const withoutVariables = (patterns: readonly string[]): readonly string[] =>
  patterns.filter((pattern) => !pattern.includes('${'))

function resourceWithinOne(inner: string, outers: readonly string[]): boolean {
  if (outers.some((outer) => outer === '*' || outer === inner)) return true
  const text = anything(inner)
  return withoutVariables(outers).some((outer) => arnWithin(text, outer))
}

/** Resources of which each must be held by one pattern alone: quick, for the many that do not hold it at all. */
export const plainResources: Language = {
  within: resourceWithinOne,
  // As one text, which is the widest of the ways in which AWS may read a wildcard.
  apart: (a, b) => !overlaps(anything(a), anything(b)),
}

export const resourceLanguage: Language = {
  ...plainResources,
  within: (inner, outers) => {
    if (resourceWithinOne(inner, outers)) return true
    const [text, plain] = [anything(inner), withoutVariables(outers)]
    return isOpen(text) && plain.length > 1 && coveredTogether(text, plain)
  },
}

/** Whether all that one element stands for is provably what another one does. */
export function elementWithin(inner: Patterns, outer: Patterns, { within: holds, apart }: Language): boolean {
  if (!inner.negated && !outer.negated)
    return inner.patterns.every((pattern) => holds(pattern, outer.patterns))
  if (inner.negated && outer.negated) return outer.patterns.every((pattern) => holds(pattern, inner.patterns))
  if (inner.negated) return outer.patterns.some(isAny)
  return inner.patterns.every((a) => outer.patterns.every((b) => apart(a, b)))
}

/** Whether two elements provably have nothing in common. */
export function elementsApart(a: Patterns, b: Patterns, language: Language): boolean {
  if (!a.negated && !b.negated)
    return a.patterns.every((one) => b.patterns.every((two) => language.apart(one, two)))
  if (a.negated && b.negated) return false
  const [outside, inside] = a.negated ? [a, b] : [b, a]
  return inside.patterns.every((pattern) => language.within(pattern, outside.patterns))
}
