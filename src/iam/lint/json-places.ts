import { step } from '../json.js'

export interface Place {
  /** From 1. */
  readonly line: number
  readonly column: number
}

interface Frame {
  readonly at: string
  readonly list: boolean
  index: number
  name: string | undefined
}

/** Where each value of a JSON text begins, a member by its name. The text is known to be JSON. */
function offsets(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>([['', 0]])
  const open: Frame[] = []
  for (const match of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    const [token] = match
    const frame = open.at(-1)
    if (token === '}' || token === ']') {
      open.pop()
      continue
    }
    if (token === ':') continue
    if (token === ',') {
      if (frame) Object.assign(frame, { index: frame.index + 1, name: undefined })
      continue
    }
    let at = ''
    if (frame?.list) found.set((at = frame.at + step(frame.index)), match.index)
    else if (frame && frame.name === undefined) {
      frame.name = nameOf(token)
      found.set(frame.at + step(frame.name), match.index)
      continue
    } else if (frame) at = frame.at + step(frame.name ?? '')
    if (token === '{' || token === '[') open.push({ at, list: token === '[', index: 0, name: undefined })
  }
  return found
}

/** A name as it is written, where what is written is no JSON: the reader of the document says so, not this one. */
function nameOf(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    return token
  }
}

/**
 * Finds lines and columns in a JSON text by JSON pointer. A pointer that leads further than the text, into a
 * policy that stands there as a string, is where that string is.
 */
export function jsonPlaces(text: string): (pointer: string) => Place {
  let known: ReadonlyMap<string, number> | undefined
  return (pointer) => {
    known ??= offsets(text)
    let at = pointer
    while (!known.has(at)) at = at.slice(0, at.lastIndexOf('/'))
    const before = text.slice(0, known.get(at)).split('\n')
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
}
