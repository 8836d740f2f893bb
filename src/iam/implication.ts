import { keyType } from './actions.js'
import { elementOf, elementsApart, elementWithinAny, isAnyValue, type Element } from './condition-elements.js'
import { readBoolean } from './condition-values.js'
import { parseOperator } from './operators.js'
import type { Conditions } from './statement.js'

/** Values of a request: those of some element, or (`complement`) those of none. */
interface ValueSet {
  readonly complement: boolean
  readonly elements: readonly Element[]
}

/**
 * One condition in the only form in which they are compared: of the values that a request has for the key,
 * `some` or `every` one is in the set; and whether a request without the key will do.
 */
export interface Demand {
  readonly key: string
  /** The same for the same key, however it is written. */
  readonly id: string
  readonly operator: string
  readonly mode: 'some' | 'every'
  readonly set: ValueSet
  readonly absent: boolean
}

const nothing: ValueSet = { complement: false, elements: [] }
const everything: ValueSet = { complement: true, elements: [] }

/** `Null` says only whether the key is there. */
function nullDemand(values: readonly string[]): Pick<Demand, 'mode' | 'set' | 'absent'> {
  const wanted = values.map(readBoolean)
  const [absent, present] = [wanted.includes(true), wanted.includes(false)]
  return present ? { mode: 'every', set: everything, absent } : { mode: 'some', set: nothing, absent }
}

function demandOf(operator: string, key: string, values: readonly string[]): Demand | undefined {
  const parsed = parseOperator(operator)
  if (!parsed) return undefined
  if (parsed.type === 'null') return { key, id: identityOf(key), operator, ...nullDemand(values) }
  const { negated, qualifier, ifExists } = parsed
  const every = qualifier === 'ForAllValues' || (negated && qualifier === undefined)
  return {
    key,
    id: identityOf(key),
    operator,
    mode: every ? 'every' : 'some',
    set: { complement: negated, elements: values.map((value) => elementOf(parsed, value)) },
    absent: every || ifExists,
  }
}

/** Every condition of a statement; undefined where one has an operator that IAM does not know. */
export function demandsOf(conditions: Conditions = {}): readonly Demand[] | undefined {
  const demands = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => demandOf(operator, key, values)),
  )
  return demands.includes(undefined) ? undefined : demands.flatMap((demand) => demand ?? [])
}

/** A key's name has no case. That of a tag behind its slash may have one for some service, so it is kept. */
const identityOf = (key: string): string => key.replace(/^[^/]*/, (name) => name.toLowerCase())

/** Whether AWS documents that a request has at most one value for the key. */
const isSingle = (key: string): boolean => keyType(key)?.startsWith('ArrayOf') === false

function setWithin(inner: ValueSet, outer: ValueSet): boolean {
  if (!inner.complement && !outer.complement)
    return inner.elements.every((element) => elementWithinAny(element, outer.elements))
  if (inner.complement && outer.complement)
    return outer.elements.every((element) => elementWithinAny(element, inner.elements))
  if (inner.complement) return outer.elements.some(isAnyValue)
  return inner.elements.every((a) => outer.elements.every((b) => elementsApart(a, b)))
}

const isNothing = ({ complement, elements }: ValueSet): boolean => !complement && elements.length === 0
const isEverything = ({ complement, elements }: ValueSet): boolean => complement && elements.length === 0

/** Whether a request that meets `held`, and has the key, provably meets `wanted`. */
function impliesWhenPresent(held: Demand, wanted: Demand): boolean {
  if (held.mode === 'some' && isNothing(held.set)) return true
  if (wanted.mode === 'every' && isEverything(wanted.set)) return true
  if (held.mode !== wanted.mode && !isSingle(wanted.key)) return false
  return setWithin(held.set, wanted.set)
}

/** Whether every request that meets all of `held` provably meets `wanted`. */
function implies(held: readonly Demand[], wanted: Demand): boolean {
  const same = held.filter(({ id }) => id === wanted.id)
  const isPresent = same.some(({ absent }) => !absent)
  // What is always met needs no other condition to imply it.
  if (wanted.absent && wanted.mode === 'every' && isEverything(wanted.set)) return true
  return same.some(
    (demand) => (!demand.absent || isPresent || wanted.absent) && impliesWhenPresent(demand, wanted),
  )
}

/** The first of `wanted` that requests meeting `held` do not provably meet; undefined when there is none. */
export const firstUnmet = (held: readonly Demand[], wanted: readonly Demand[]): Demand | undefined =>
  wanted.find((demand) => !implies(held, demand))

const negated = ({ mode, set, absent, ...demand }: Demand): Demand => ({
  ...demand,
  mode: mode === 'some' ? 'every' : 'some',
  set: { ...set, complement: !set.complement },
  absent: !absent,
})

/** Whether no request provably meets both. */
export const excludes = (held: readonly Demand[], other: readonly Demand[]): boolean =>
  other.some((demand) => implies(held, negated(demand)))

/** More alternatives than these are not looked at one by one. */
const mostAlternatives = 32

/**
 * The same demands as a choice of narrower ones: where some value must be one of several, one choice for
 * each. A ceiling may allow them in different statements. Undefined where there is no choice, or too much.
 */
export function alternatives(demands: readonly Demand[]): readonly (readonly Demand[])[] | undefined {
  const choices = demands.map((demand) =>
    demand.mode === 'some' && !demand.set.complement && demand.set.elements.length > 1
      ? demand.set.elements.map((element) => ({ ...demand, set: { ...demand.set, elements: [element] } }))
      : [demand],
  )
  const count = choices.reduce((product, { length }) => product * length, 1)
  if (count === 1 || count > mostAlternatives) return undefined
  return choices.reduce<readonly (readonly Demand[])[]>(
    (all, choice) => all.flatMap((chosen) => choice.map((demand) => [...chosen, demand])),
    [[]],
  )
}
