import { parse } from 'yaml'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'

/** Who is on call from one moment until before another. */
export interface Shift {
  readonly from: Instant
  readonly to: Instant
  /** Canonical subject. */
  readonly subject: string
}

/** With the offset said: a time without one is another time elsewhere. */
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/**
 * Reads a schedule: a YAML (or JSON) list of `{from, to, subject}`. Throws `invalid_config` unless all of it can be
 * read, so that half a file never says that nobody is on call, or the wrong one.
 */
export function readShifts(text: string): readonly Shift[] {
  const rows = read(text)
  if (!Array.isArray(rows)) throw broken('it is no list of shifts')
  return rows.map((row: unknown, at) => {
    const { from, to, subject, ...rest } = (row ?? {}) as Readonly<Record<string, unknown>>
    if (typeof subject !== 'string' || !subject.includes('#'))
      throw broken(`shift ${at + 1} has no subject such as corp#ana@example.com`)
    const [begin, end] = [instant(from), instant(to)]
    if (begin === undefined || end === undefined || end <= begin)
      throw broken(`shift ${at + 1} needs from and a later to, such as 2026-11-24T09:00:00Z`)
    if (Object.keys(rest).length > 0) throw broken(`shift ${at + 1} has more than from, to and subject`)
    return { from: begin, to: end, subject }
  })
}

function read(text: string): unknown {
  try {
    return parse(text, { schema: 'core', maxAliasCount: 0 })
  } catch {
    throw broken('it is not YAML')
  }
}

function instant(value: unknown): Instant | undefined {
  if (typeof value !== 'string' || !time.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

const broken = (what: string) => new Fault('invalid_config', `The schedule cannot be used: ${what}.`)
