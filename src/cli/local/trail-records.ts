/** More than CloudTrail makes any event (256 KiB, 1 MiB for what organisations enrich); a longer one is no event. */
const longest = 8 * 1_024 * 1_024

const code = (char: string): number => char.charCodeAt(0)
const [quote, backslash, open, close] = [code('"'), code('\\'), code('{'), code('}')]
const [openList, closeList] = [code('['), code(']')]
const between = new Set([' ', '\t', '\r', '\n', ','].map(code))

/** What CloudTrail writes before the first event of a file. */
const wrapper = /^\{\s*"Records"\s*:\s*$/

/** Takes a file in, a piece after the other, and gives back the text of each event as soon as it is whole. */
interface Splitter {
  /** Throws an `Error` for what is no JSON, or holds what is too long for an event. */
  take(piece: Buffer): readonly string[]
  /** Throws an `Error` where the file ends within an event or its list. */
  end(): void
}

/**
 * Splits what CloudTrail delivers (`{"Records":[…]}`), a list of events (`[…]`) and events one after the other (ndjson)
 * into events, in the memory that one of them takes: a file may be of any size. Looks at quotes and braces alone; whether
 * an event is JSON is for whoever parses it.
 */
export function recordSplitter(): Splitter {
  let rest: Buffer = Buffer.alloc(0)
  /** How deep in lists and objects, and how deep events begin. */
  let [depth, base] = [0, 0]
  let [inText, escaped] = [false, false]
  let start = -1

  function step(bytes: Buffer, at: number, texts: string[]): void {
    const byte = bytes[at]
    if (byte === open || byte === openList) {
      if (byte === openList && depth === 0) base = 1
      else if (byte === openList && depth === 1 && start >= 0 && isWrapper(bytes, start, at)) {
        base = 2
        start = -1
      } else if (byte === open && depth === base) start = at
      depth++
    } else if (byte === close || byte === closeList) {
      depth--
      if (depth < 0) throw new Error('it is no JSON')
      if (start >= 0 && depth === base) {
        texts.push(bytes.toString('utf8', start, at + 1))
        start = -1
      }
      if (depth === 0) base = 0
    } else if (byte === quote) inText = true
    else if (depth === 0 && byte !== undefined && !between.has(byte)) throw new Error('it is no JSON')
  }

  return {
    take(piece) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
      const texts: string[] = []
      for (let at = rest.length; at < bytes.length; at++) {
        if (!inText) step(bytes, at, texts)
        else if (escaped) escaped = false
        else if (bytes[at] === backslash) escaped = true
        else if (bytes[at] === quote) inText = false
      }
      rest = start >= 0 ? Buffer.from(bytes.subarray(start)) : Buffer.alloc(0)
      if (start >= 0) start = 0
      if (rest.length > longest) throw new Error('it has an event of more than 8 MiB')
      return texts
    },
    end() {
      if (depth > 0 || inText) throw new Error('it ends too early')
    },
  }
}

const isWrapper = (bytes: Buffer, start: number, at: number): boolean =>
  at - start < 64 && wrapper.test(bytes.toString('latin1', start, at))
