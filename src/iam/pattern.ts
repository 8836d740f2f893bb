interface Options {
  /** Without regard to the case of ASCII letters, as IAM compares actions. */
  readonly fold?: boolean
}

const star = 42
const question = 63

/** Only ASCII: `toLowerCase` turns a Kelvin sign into a `k` and changes the length of other text. */
const folded = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : code)

/**
 * Whether the whole of `text` is in the language of an IAM pattern: `*` is any run of characters, the
 * empty one included, `?` exactly one. At most `pattern.length * text.length` steps, since only the
 * newest `*` is ever retried.
 */
export function matches(pattern: string, text: string, { fold = false }: Options = {}): boolean {
  const same = (a: number, b: number): boolean => a === b || (fold && folded(a) === folded(b))
  let p = 0
  let t = 0
  let retryPattern = -1
  let retryText = 0
  while (t < text.length) {
    const wanted = p < pattern.length ? pattern.charCodeAt(p) : undefined
    if (wanted === star) {
      retryPattern = ++p
      retryText = t
    } else if (wanted !== undefined && (wanted === question || same(wanted, text.charCodeAt(t)))) {
      p++
      t++
    } else if (retryPattern >= 0) {
      p = retryPattern
      t = ++retryText
    } else return false
  }
  while (pattern.charCodeAt(p) === star) p++
  return p === pattern.length
}

/** The same language, for tickets and names of roles; with regard to case. */
export const glob = (pattern: string, text: string): boolean => matches(pattern, text)

/** Tokens that are no character: `?`, a `?` of a run that also has a `*`, and `*`. */
const one = -1
const atLeastOne = -2
const any = -3

/** A run of wildcards means only "n characters" or "n or more": it becomes n times `?`, then one `*`. */
function tokens(pattern: string, fold: boolean): readonly number[] {
  const list: number[] = []
  for (let i = 0; i < pattern.length;) {
    let questions = 0
    let stars = 0
    for (; pattern[i] === '?' || pattern[i] === '*'; i++) {
      if (pattern[i] === '?') questions++
      else stars++
    }
    for (; questions > 0; questions--) list.push(stars > 0 ? atLeastOne : one)
    if (stars > 0) list.push(any)
    if (i < pattern.length) {
      const code = pattern.charCodeAt(i++)
      list.push(fold ? folded(code) : code)
    }
  }
  return list
}

type Step = (token: number, at: number, reach: (place: number) => void, lowest: boolean) => void

/**
 * Reads tokens one by one and keeps every place of `other` that may have been reached; true when the end
 * is among them. A place before `any` is also the place after it.
 */
function reachesEnd(read: readonly number[], other: readonly number[], step: Step): boolean {
  const end = other.length
  let places = new Uint8Array(end + 1)
  const reach = (place: number): void => {
    places[place] = 1
    if (other[place] === any) places[place + 1] = 1
  }
  reach(0)
  for (const token of read) {
    const before = places
    places = new Uint8Array(end + 1)
    const lowest = before.indexOf(1)
    if (lowest < 0) return false
    for (let at = lowest; at <= end; at++) if (before[at] === 1) step(token, at, reach, at === lowest)
  }
  return places[end] === 1
}

/** Whether `inner` begins with all that `outer` has before its first wildcard: if not, it is not within. */
export function beginsAlike(inner: string, outer: string, fold = false): boolean {
  for (let at = 0; at < outer.length; at++) {
    const [a, b] = [inner.charCodeAt(at), outer.charCodeAt(at)]
    if (b === star || b === question) return true
    if (a !== b && !(fold && folded(a) === folded(b))) return false
  }
  return true
}

/**
 * Whether every text that `inner` matches is provably matched by `outer`. Never true when it is not so; a
 * rare true inclusion, one that holds for a different reason for different texts, may be missed.
 * At most `inner.length * outer.length` steps.
 */
export function within(inner: string, outer: string, { fold = false }: Options = {}): boolean {
  if (inner === outer) return true
  if (!beginsAlike(inner, outer, fold)) return false
  const read = tokens(inner, fold)
  const other = tokens(outer, fold)
  return reachesEnd(read, other, (token, at, reach) => {
    const wanted = other[at]
    if (wanted === any) reach(at)
    else if (token === any) {
      // Unbounded text fits only where the outer pattern takes unbounded text; it may also be none at
      // all, so it does not count towards the characters that are still wanted there.
      if (wanted === atLeastOne) reach(at)
    } else if (wanted === one || wanted === atLeastOne || (wanted === token && token >= 0)) reach(at + 1)
  })
}

/** Whether some text is matched by both patterns; exact, in at most the product of their lengths. */
export function overlaps(a: string, b: string, { fold = false }: Options = {}): boolean {
  const read = tokens(a, fold)
  const other = tokens(b, fold)
  return reachesEnd(read, other, (token, at, reach, lowest) => {
    const wanted = other[at]
    if (token === any) {
      // It can take any part of the other pattern, so all that follows the lowest place is reached.
      for (let place = at; lowest && place <= other.length; place++) reach(place)
    } else if (wanted === any) reach(at)
    else if (wanted !== undefined && (token < 0 || wanted < 0 || wanted === token)) reach(at + 1)
  })
}
