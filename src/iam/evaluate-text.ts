import { matches } from './pattern.js'

/** Values of a request by condition key in lower case. */
export type Context = ReadonlyMap<string, readonly string[]>

// A pattern's own wildcards must not be taken for a `*` or `?` that a variable or the request itself brings.
const literal = (text: string): string => text.replaceAll('*', '\ue000').replaceAll('?', '\ue001')

/** Whether the text is in the language of an IAM pattern whose variables have been filled. */
export const likeText = (pattern: string, text: string): boolean => matches(pattern, literal(text))

/**
 * The pattern with its policy variables replaced by what the request carries, or by their default; undefined
 * when there is neither, or not just one value: then nothing matches.
 */
export function fillVariables(pattern: string, context: Context): string | undefined {
  let missing = false
  const filled = pattern.replace(/\$\{([^{}]*)\}/g, (_, inside: string) => {
    if (inside === '*' || inside === '?' || inside === '$') return literal(inside)
    const [, key = '', , fallback] = /^\s*([^,]*?)\s*(,\s*'([^']*)'\s*)?$/.exec(inside) ?? []
    const values = context.get(key.toLowerCase()) ?? []
    const value = values.length === 1 ? values[0] : fallback
    if (value === undefined) missing = true
    return literal(value ?? '')
  })
  return missing ? undefined : filled
}

/** The six parts; what stands after the fifth colon is one. */
function parts(text: string): readonly string[] {
  const all = text.split(':')
  return [...all.slice(0, 5), ...(all.length > 5 ? [all.slice(5).join(':')] : [])]
}

/** As ArnLike compares: each of the six parts on its own ("Condition operators", Amazon Resource Name). */
export function likeArnParts(pattern: string, arn: string): boolean {
  const [wanted, actual] = [parts(pattern), parts(arn)]
  return (
    wanted.length === 6 && actual.length === 6 && wanted.every((part, i) => likeText(part, actual[i] ?? ''))
  )
}

/** Whether a wildcard at this place of a pattern may stand for a colon too. */
function crosses(pattern: string, at: number, colons: number): boolean {
  const next = pattern[at + 1]
  return colons >= 5 || (pattern[at] === '*' && (next === undefined || next === ':'))
}

/** The places that can be gone on from without reading: after a `*`, what follows it. */
function skipStars(pattern: string, places: boolean[]): boolean[] {
  for (let at = 0; at < pattern.length; at++) if (places[at] && pattern[at] === '*') places[at + 1] = true
  return places
}

/**
 * As the `Resource` element compares. A wildcard stays within its part, but a `*` that ends one "can expand
 * to match beyond the colon boundaries" ("IAM JSON policy elements: Resource"). Every place in the pattern
 * that may have been reached is followed at once: at most the product of both lengths in steps.
 */
export function likeArn(pattern: string, arn: string): boolean {
  let colons = 0
  const free = pattern.split('').map((character, at) => {
    if (character === ':') colons++
    return pattern === '*' || crosses(pattern, at, colons)
  })
  let places = skipStars(pattern, [true])
  for (const character of literal(arn).split('')) {
    const next: boolean[] = []
    for (let at = 0; at < pattern.length; at++) {
      if (!places[at]) continue
      const wild = (pattern[at] === '*' || pattern[at] === '?') && (character !== ':' || free[at] === true)
      if (wild && pattern[at] === '*') next[at] = true
      else if (wild || pattern[at] === character) next[at + 1] = true
    }
    places = skipStars(pattern, next)
  }
  return places[pattern.length] === true
}
