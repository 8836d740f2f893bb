/** The way to a value: keys of maps and places in lists. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with the configuration, and where. */
export interface ConfigFault {
  /** `roles.orders-debug.who.groups[0]`, or the name of an environment variable. */
  readonly path: string
  /** Line and column in the file, from 1; absent for what is not in it. */
  readonly line?: number
  readonly column?: number
  readonly message: string
}

/** Notes a fault at a path; at its key where the key itself is what is wrong. */
export type Report = (path: Path, message: string, at?: 'key') => void

export type Place = Pick<ConfigFault, 'line' | 'column'>

/** `['roles', 'x', 'who', 0]` as `roles.x.who[0]`; a key that is no plain name is put in quotes. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (!/^[A-Za-z0-9_-]+$/.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** The items of a list that were not cut out, each with its place. */
export function* present<Item>(items: readonly (Item | undefined)[] | undefined): Generator<[number, Item]> {
  for (const [at, item] of (items ?? []).entries()) if (item !== undefined) yield [at, item]
}

/** The same without the places. */
export const items = <Item>(list: readonly (Item | undefined)[] | undefined): readonly Item[] =>
  [...present(list)].map(([, item]) => item)

/** The entries of a map that were not cut out, with their keys. */
export function* entries<Item>(
  map: Readonly<Record<string, Item | undefined>> | undefined,
): Generator<[string, Item]> {
  for (const [key, item] of Object.entries(map ?? {})) if (item !== undefined) yield [key, item]
}
