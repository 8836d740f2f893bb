import { createHash } from 'node:crypto'
import { iso, type Instant } from '../time.js'
import type { Entry, Event, Head } from './event.js'

/** The head of an empty log: SHA-256 of nothing, RFC 6962 section 2.1 `MTH({})`, hex. */
export const emptyLeaf = createHash('sha256').digest('hex')

/** Where every log starts. */
export const emptyHead: Head = { seq: 0, leaf: emptyLeaf }

/** The leaf hash of an entry's text: SHA-256(0x00 || UTF-8 bytes), RFC 6962 section 2.1, hex. */
export const leafOf = (text: string): string =>
  createHash('sha256').update(Uint8Array.of(0)).update(text, 'utf8').digest('hex')

/**
 * Gives an event the place after `head`. The text is made here, once, and is what is stored, hashed and
 * exported for ever. `JSON.stringify` escapes lone surrogates, so the text survives UTF-8 unchanged.
 * Throws where the event's data cannot be written as JSON or its time is no time.
 */
export function link(event: Event, head: Head): Entry {
  const { at, kind, by, grant, request, data } = event
  const seq = head.seq + 1
  const text = JSON.stringify({ v: 1, seq, prev: head.leaf, at: iso(at), kind, by, grant, request, data })
  return { seq, at, kind, by, ...(grant === undefined ? {} : { grant }), text, leaf: leafOf(text) }
}

/** An entry as it is checked: the bare link, or all that is filed, which must say what the text says. */
export type Link = Pick<Entry, 'seq' | 'text' | 'leaf'> | Entry

export type Verified =
  | { readonly ok: true; readonly head: Head }
  | { readonly ok: false; readonly seq: number; readonly detail: string }

/**
 * Checks that entries follow each other, and `from`, without a gap or a change: oldest first. `seq` of
 * the answer is the first entry that does not hold. It proves nothing about entries cut off at the end:
 * only a head kept elsewhere does.
 */
export function verify(entries: Iterable<Link>, from: Head = emptyHead): Verified {
  let head = from
  for (const entry of entries) {
    const detail = fault(entry, head)
    if (detail !== undefined) return { ok: false, seq: entry.seq, detail }
    head = { seq: entry.seq, leaf: entry.leaf }
  }
  return { ok: true, head }
}

/** A text that was taken in: the end of the chain with it, and when it says that it was. */
export interface Followed {
  readonly head: Head
  readonly at: Instant
}

/**
 * Checks that a text alone, as it is exported, is the entry that follows `head`. The number in the answer is the
 * place that it should have had.
 */
export function follow(
  text: string,
  head: Head,
): Followed | { readonly seq: number; readonly detail: string } {
  const said = parse(text)
  const [seq, at] = [said?.['seq'], Date.parse(String(said?.['at']))]
  if (typeof seq !== 'number' || Number.isNaN(at))
    return { seq: head.seq + 1, detail: `No event stands where entry ${head.seq + 1} should.` }
  const entry = { seq, text, leaf: leafOf(text) }
  const detail = fault(entry, head, entry.leaf, said)
  return detail === undefined ? { head: entry, at } : { seq: head.seq + 1, detail }
}

function fault(
  entry: Link,
  head: Head,
  leaf = leafOf(entry.text),
  said = parse(entry.text),
): string | undefined {
  if (entry.seq !== head.seq + 1)
    return `Entry ${head.seq + 1} is missing: entry ${entry.seq} stands in its place.`
  if (leaf !== entry.leaf) return `The text of entry ${entry.seq} is not the one that was hashed.`
  if (said === undefined) return `The text of entry ${entry.seq} is no JSON object.`
  if (said['seq'] !== entry.seq) return `The text of entry ${entry.seq} gives another number.`
  if (said['prev'] !== head.leaf) return `Entry ${entry.seq} does not follow the entry before it.`
  if (!('kind' in entry)) return undefined
  for (const name of ['kind', 'by', 'grant'] as const) {
    if (said[name] !== entry[name]) return `Entry ${entry.seq} is filed under another ${name}.`
  }
  if (Date.parse(String(said['at'])) !== entry.at) return `Entry ${entry.seq} is filed under another time.`
  return undefined
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
