const secrets = new Set(['secretAccessKey', 'sessionToken'])

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first characters of what is not for everybody's eyes. */
export const shorten = (text: string, keep: number): string => `${text.slice(0, keep)}…`

/** What a dotted path leads to; undefined where it leads nowhere. */
export const reach = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), value)

/** The parts of an answer that are worth showing: secrets shortened, and of checks those that failed. */
export function trim(value: unknown, paths: readonly string[]): unknown {
  const kept: Record<string, unknown> = {}
  for (const path of paths) {
    const found = reach(value, path)
    if (found !== undefined) put(kept, path.split('.'), conceal(found))
  }
  return kept
}

function put(into: Record<string, unknown>, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[name] = value
  else put((into[name] ??= {}) as Record<string, unknown>, rest, value)
}

function conceal(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !(isObject(item) && item.ok === true)).map(conceal)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secrets.has(name) && typeof member === 'string' ? shorten(member, 4) : conceal(member),
    ]),
  )
}
