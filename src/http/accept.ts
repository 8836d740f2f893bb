/** The forms in which answers come. */
export const json = 'application/json'
export const shell = 'text/x-shellscript'
export const csv = 'text/csv'
/** A signed note. */
export const plain = 'text/plain'
export const ndjson = 'application/x-ndjson'

/**
 * The offered type that an `Accept` header likes best (RFC 9110 section 12.5.1): the most specific range that
 * names a type gives its weight, and of equal weights the first offered wins. No header likes everything.
 * Undefined when it allows none.
 */
export function preferred<T extends string>(
  accept: string | undefined,
  offered: readonly T[],
): T | undefined {
  if (accept === undefined || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').map(parseRange)
  let best: { readonly type: T; readonly weight: number } | undefined
  for (const type of offered) {
    const weight = weightOf(type, ranges)
    if (weight > (best?.weight ?? 0)) best = { type, weight }
  }
  return best?.type
}

/** Whether the header names the shell's form itself, and likes it best: wildcards never mean it. */
export const wantsShell = (accept: string | undefined): boolean =>
  accept !== undefined && accept.toLowerCase().includes(shell) && preferred(accept, [json, shell]) === shell

interface Range {
  readonly name: string
  readonly weight: number
}

function parseRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  if (weight === undefined) return { name, weight: 1 }
  return { name, weight: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 }
}

function weightOf(type: string, ranges: readonly Range[]): number {
  const family = `${type.split('/')[0]}/*`
  for (const name of [type, family, '*/*']) {
    const range = ranges.find((candidate) => candidate.name === name)
    if (range) return range.weight
  }
  return 0
}
