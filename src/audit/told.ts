import type { Instant } from '../time.js'

/** What stands in an event's data, whatever it is. */
export type Facts = Readonly<Record<string, unknown>>

/** What the text of an event says. The kind may be one that a later Stint has, and `data` may hold anything. */
export interface Told {
  readonly seq: number
  readonly at: Instant
  readonly kind: string
  /** Canonical subject; `stint` for the broker itself. */
  readonly by: string
  readonly grant: string | undefined
  /** Id of the HTTP request that caused it. */
  readonly request: string | undefined
  readonly data: Facts
}

/** Reads the text of an event; undefined for what is none, such as a checkpoint among them. Verifies nothing. */
export function toldBy(text: string): Told | undefined {
  const said = parsed(text)
  const [seq, kind, by] = [numberIn(said, 'seq'), textIn(said, 'kind'), textIn(said, 'by')]
  const at = instantOf(said['at'])
  if (seq === undefined || at === undefined || kind === undefined || by === undefined) return undefined
  const [grant, request] = [textIn(said, 'grant'), textIn(said, 'request')]
  return { seq, at, kind, by, grant, request, data: factsIn(said, 'data') }
}

function parsed(text: string): Facts {
  try {
    return factsOf(JSON.parse(text))
  } catch {
    return {}
  }
}

/** The value where it is an object, else an empty one. */
export const factsOf = (value: unknown): Facts =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : {}

/** Of each reader below: the value by that name where it is of that type, else nothing. */
export const factsIn = (facts: Facts, name: string): Facts => factsOf(facts[name])

export const listIn = (facts: Facts, name: string): readonly Facts[] => {
  const value = facts[name]
  return Array.isArray(value) ? value.map(factsOf) : []
}

export const textIn = (facts: Facts, name: string): string | undefined => {
  const value = facts[name]
  return typeof value === 'string' ? value : undefined
}

export const textsIn = (facts: Facts, name: string): readonly string[] => {
  const value = facts[name]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

export const numberIn = (facts: Facts, name: string): number | undefined => {
  const value = facts[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** ISO 8601 in the event itself, milliseconds in its data. */
function instantOf(value: unknown): Instant | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : value
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined
}
