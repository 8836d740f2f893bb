import { matches, overlaps } from './pattern.js'

/** Where the search ends: what needs more is not proved. */
const mostStates = 1_000
const mostPatterns = 16

/** A character that no ARN and no action has, so that only a wildcard can take it. */
const strange = '\u0000'

const star = 42
const question = 63

/** Stands for every character that no pattern names. */
const other = -1

const codes = (pattern: string): readonly number[] => Array.from(pattern, (_, at) => pattern.charCodeAt(at))

/** The places reached without reading on: past each `*`. */
function settled(pattern: readonly number[], places: Iterable<number>): ReadonlySet<number> {
  const all = new Set<number>()
  for (let place of places) {
    all.add(place)
    while (pattern[place] === star) all.add(++place)
  }
  return all
}

function read(
  pattern: readonly number[],
  places: ReadonlySet<number>,
  character: number,
): ReadonlySet<number> {
  const next: number[] = []
  for (const place of places) {
    const token = pattern[place]
    if (token === star) next.push(place)
    else if (token === question || (token === character && token !== undefined)) next.push(place + 1)
  }
  return settled(pattern, next)
}

interface State {
  /** A place in the inner pattern; one at a time, since each of them has to be answered for. */
  readonly inner: number
  /** All places in each outer pattern: one of them is enough. */
  readonly outer: readonly ReadonlySet<number>[]
}

const keyOf = ({ inner, outer }: State): string =>
  `${inner}|${outer.map((places) => [...places].sort((a, b) => a - b).join()).join('|')}`

/** The outer patterns that could have a part in it; undefined where two texts already show that they fail. */
function candidates(inner: string, outers: readonly string[]): readonly string[] | undefined {
  const texts = ['', strange].map((fill) => inner.replaceAll('*', fill).replaceAll('?', strange))
  if (!texts.every((text) => outers.some((outer) => matches(outer, text)))) return undefined
  const near = outers.filter((outer) => overlaps(inner, outer))
  return near.length <= mostPatterns ? near : undefined
}

/**
 * Whether every text that `inner` matches is matched by one of `outers`, which need not be the same one for
 * each: `a*` lies within `a` and `a?*`. True only where it is so; false also where the search would be long.
 * Reads all texts at once, and looks for one that ends in `inner` and in none of the others.
 */
export function withinAny(inner: string, outers: readonly string[]): boolean {
  const near = candidates(inner, outers)
  return near !== undefined && search(inner, near)
}

function search(inner: string, outers: readonly string[]): boolean {
  const [wanted, held] = [codes(inner), outers.map(codes)]
  const named = new Set([wanted, ...held].flat().filter((code) => code !== star && code !== question))
  const characters = [...named, other]
  const seen = new Set<string>()
  const open: State[] = []
  const visit = (inners: Iterable<number>, outer: State['outer']): void => {
    for (const place of inners) {
      const state = { inner: place, outer }
      const key = keyOf(state)
      if (seen.has(key)) continue
      seen.add(key)
      open.push(state)
    }
  }
  visit(
    settled(wanted, [0]),
    held.map((pattern) => settled(pattern, [0])),
  )
  for (let state = open.pop(); state; state = open.pop()) {
    const { inner: at, outer } = state
    if (seen.size > mostStates) return false
    if (at === wanted.length) {
      if (!outer.some((places, i) => places.has(held[i]?.length ?? -1))) return false
      continue
    }
    for (const character of characters) {
      const next = read(wanted, new Set([at]), character)
      if (next.size > 0)
        visit(
          next,
          outer.map((places, i) => read(held[i] ?? [], places, character)),
        )
    }
  }
  return true
}
