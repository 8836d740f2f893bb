import { actionWithin } from './action.js'
import { expand } from './actions.js'
import { serviceOf } from './services.js'

/** A wildcard that stands for some of the allowed actions and, of those that AWS documents, for no other. */
interface Candidate {
  readonly pattern: string
  /** The names that it stands for, in lower case. */
  readonly names: readonly string[]
}

/** An item costs its characters, two quotes and a comma. */
const cost = (item: string): number => item.length + 3

/** Every `s3:Get*` and `s3:*Tagging` that matches a name, down to the whole of it and a star. */
function wildcards(name: string): readonly string[] {
  const [service = '', action = ''] = name.split(':')
  return Array.from({ length: action.length + 1 }, (_, at) => [
    `${service}:${action.slice(0, at)}*`,
    `${service}:*${action.slice(at)}`,
  ]).flat()
}

/** By wildcard in lower case, since IAM compares actions without regard to case: what it stands for. */
function index(names: readonly string[]): ReadonlyMap<string, Candidate> {
  const found = new Map<string, { readonly pattern: string; readonly names: string[] }>()
  for (const name of names) {
    for (const pattern of wildcards(name)) {
      const entry = found.get(pattern.toLowerCase()) ?? { pattern, names: [] }
      if (entry.names.at(-1) !== name.toLowerCase()) entry.names.push(name.toLowerCase())
      found.set(pattern.toLowerCase(), entry)
    }
  }
  return found
}

/** The wildcards for which as many actions are documented as are allowed. */
function candidates(service: string, allowed: readonly string[]): readonly Candidate[] {
  const documented = [...(serviceOf(service)?.actions.values() ?? [])].map(({ name }) => name)
  const all = index(documented)
  return [...index(allowed)].flatMap(([key, candidate]) =>
    candidate.names.length > 1 && candidate.names.length === all.get(key)?.names.length ? [candidate] : [],
  )
}

/**
 * The wildcard that takes the place of most of `left`, if any saves something by it. Of those that take the
 * place of the same the longest, which tomorrow's actions match least.
 */
function best(from: readonly Candidate[], left: ReadonlySet<string>): string | undefined {
  let found: { readonly pattern: string; readonly rank: number } | undefined
  for (const { pattern, names } of from) {
    const covered = names.filter((name) => left.has(name))
    const total = covered.reduce((sum, name) => sum + cost(name), 0)
    const rank = total + pattern.length / 1_000
    if (covered.length > 1 && total > cost(pattern) && rank > (found?.rank ?? 0)) found = { pattern, rank }
  }
  return found?.pattern
}

/**
 * A shorter list of actions that stands for exactly the same ones of those that AWS documents today. What
 * AWS adds later may fall under a wildcard in it, so this is for lists that would not fit otherwise.
 */
export function shorten(actions: readonly string[]): readonly string[] {
  let items = actions
  const allowed = [...new Set(actions.flatMap(expand))]
  for (const service of new Set(allowed.map((action) => action.service))) {
    const from = candidates(
      service,
      allowed.filter((action) => action.service === service).map(({ name }) => name),
    )
    for (;;) {
      const pattern = best(from, new Set(items.map((item) => item.toLowerCase())))
      if (pattern === undefined) break
      items = [...items.filter((item) => !actionWithin(item, pattern)), pattern]
    }
  }
  return items
}
