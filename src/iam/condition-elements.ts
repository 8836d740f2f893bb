import { rangesOverlap, rangeWithin, readRange, type AddressRange } from './address.js'
import { arnWithin, parseArn } from './arn.js'
import { readBoolean, readDate, readNumber } from './condition-values.js'
import type { Operator } from './operators.js'
import { matches, overlaps, within } from './pattern.js'
import { withinAny } from './pattern-union.js'

/** The values of a request that one value of a policy stands for. */
export type Element =
  | { readonly kind: 'text'; readonly text: string; readonly fold: boolean }
  | { readonly kind: 'pattern' | 'arn'; readonly text: string }
  | { readonly kind: 'date' | 'number'; readonly low: number; readonly high: number; readonly open: boolean }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'address'; readonly range: AddressRange }
  /** One of which nothing is known but that it is the same wherever it is written the same. */
  | { readonly kind: 'opaque'; readonly id: string }

/** A policy variable stands for any text, so far as can be known here. */
const anything = (text: string): string => text.replace(/\$\{[^{}]*\}/g, '*')
const isVariable = (text: string): boolean => text.includes('${')

/** Whether every value there can be is one that it stands for. */
export const isAnyValue = (element: Element): boolean =>
  element.kind === 'pattern' && /^\*+$/.test(element.text)

/** Numbers whose text a double holds exactly, and times of which each part is known to the millisecond. */
const exact = {
  number: /^-?[\d.]{1,15}$/,
  date: /^(\d{5,12}|[\d-]{10}(T[\d:]+(\.\d{1,3})?(Z|[+-][\d:]+))?)$/,
}

/** What `text` stands for under `operator`, before it is negated. */
export function elementOf({ type, comparison, fold }: Operator, text: string): Element {
  const opaque = { kind: 'opaque', id: JSON.stringify([type, comparison, text]) } as const
  if (type === 'string') return { kind: 'text', text, fold }
  if (type === 'pattern') return { kind: 'pattern', text }
  if (type === 'arn') return parseArn(text) ? { kind: 'arn', text } : opaque
  if (type === 'boolean') {
    const value = readBoolean(text)
    return value === undefined ? opaque : { kind: 'boolean', value }
  }
  if (type === 'address') {
    const range = readRange(text)
    return range ? { kind: 'address', range } : opaque
  }
  if (type !== 'date' && type !== 'number') return opaque
  const read = type === 'date' ? readDate : readNumber
  const value = exact[type].test(text) ? read(text) : undefined
  if (value === undefined) return opaque
  return {
    kind: type,
    low: comparison.startsWith('less') ? -Infinity : value,
    high: comparison.startsWith('greater') ? Infinity : value,
    open: comparison === 'less' || comparison === 'greater',
  }
}

type Interval = Extract<Element, { kind: 'date' | 'number' }>

/** An open interval ends just before its one finite end. */
const has = (end: number, other: number, a: Interval, b: Interval): boolean =>
  end === other && Number.isFinite(end) && b.open && !a.open

const intervalWithin = (a: Interval, b: Interval): boolean =>
  a.low >= b.low && a.high <= b.high && !has(a.low, b.low, a, b) && !has(a.high, b.high, a, b)

const intervalsApart = (a: Interval, b: Interval): boolean => {
  const [low, high] = [Math.max(a.low, b.low), Math.min(a.high, b.high)]
  return low > high || (low === high && (a.open || b.open))
}

const ascii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)
const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** Whether a text, taken as it stands, is one of `outer`. */
function textWithin({ text, fold }: Extract<Element, { kind: 'text' }>, outer: Element): boolean {
  if (outer.kind === 'text')
    return outer.fold ? lower(text) === lower(outer.text) : !fold && text === outer.text
  if (fold) return false
  if (outer.kind === 'pattern') return matches(outer.text, text)
  return outer.kind === 'arn' && !/[*?]/.test(text) && arnWithin(text, outer.text)
}

/** Whether every value that `inner` stands for is provably one of `outer`. */
export function elementWithin(inner: Element, outer: Element): boolean {
  if (isAnyValue(outer)) return true
  if (inner.kind === 'opaque' || outer.kind === 'opaque')
    return inner.kind === 'opaque' && outer.kind === 'opaque' && inner.id === outer.id
  if ('text' in inner && 'text' in outer) {
    if (inner.text === outer.text && inner.kind === outer.kind)
      return inner.kind !== 'text' || outer.kind !== 'text' || outer.fold || !inner.fold
    if (isVariable(outer.text)) return false
    const text = anything(inner.text)
    if (inner.kind === 'text')
      return text === inner.text
        ? textWithin(inner, outer)
        : outer.kind === 'pattern' && within(text, outer.text)
    if (inner.kind === 'arn')
      return outer.kind === 'arn'
        ? arnWithin(text, outer.text)
        : outer.kind === 'pattern' && within(text, outer.text)
    if (!/[*?]/.test(text)) return textWithin({ kind: 'text', text, fold: false }, outer)
    return outer.kind === 'pattern' && within(text, outer.text)
  }
  if (inner.kind === 'boolean' && outer.kind === 'boolean') return inner.value === outer.value
  if (inner.kind === 'address' && outer.kind === 'address') return rangeWithin(inner.range, outer.range)
  if ('open' in inner && 'open' in outer && inner.kind === outer.kind) return intervalWithin(inner, outer)
  return false
}

/** Whether `inner` is provably covered by several of `outers` together, where it is by none alone. */
export function elementWithinAny(inner: Element, outers: readonly Element[]): boolean {
  if (outers.some((outer) => elementWithin(inner, outer))) return true
  if (inner.kind !== 'pattern') return false
  const patterns = outers.flatMap((outer) =>
    (outer.kind === 'pattern' || (outer.kind === 'text' && !/[*?]/.test(outer.text))) &&
    !isVariable(outer.text)
      ? [outer.text]
      : [],
  )
  return patterns.length > 1 && withinAny(anything(inner.text), patterns)
}

/** Whether no value is provably both of `a` and of `b`. */
export function elementsApart(a: Element, b: Element): boolean {
  if ('text' in a && 'text' in b) {
    const fold = [a, b].some((element) => element.kind === 'text' && element.fold)
    // Which letters beyond ASCII AWS takes for the same is not known.
    if (fold && !(ascii(a.text) && ascii(b.text))) return false
    return !overlaps(anything(a.text), anything(b.text), { fold })
  }
  if (a.kind === 'boolean' && b.kind === 'boolean') return a.value !== b.value
  if (a.kind === 'address' && b.kind === 'address') return !rangesOverlap(a.range, b.range)
  return 'open' in a && 'open' in b && a.kind === b.kind && intervalsApart(a, b)
}
