/** The name of a section's line, as `profile orders`; undefined for any other line. */
const headOf = (line: string): string | undefined => /^\s*\[\s*(.*?)\s*\]\s*([#;].*)?$/.exec(line)?.[1]

/** Where a profile stands among the lines: from its head to before the next head or the space before that. */
function find(
  lines: readonly string[],
  profile: string,
): { readonly from: number; readonly to: number } | undefined {
  const from = lines.findIndex((line) => headOf(line)?.replace(/\s+/g, ' ') === `profile ${profile}`)
  if (from < 0) return undefined
  const next = lines.findIndex((line, at) => at > from && headOf(line) !== undefined)
  let to = next < 0 ? lines.length : next
  while (to > from + 1 && (lines[to - 1] ?? '').trim() === '') to -= 1
  return { from, to }
}

/** The lines of a profile in `~/.aws/config`, its head first; none where there is no such profile. */
export function profileLines(text: string, profile: string): readonly string[] {
  const lines = text.split('\n')
  const place = find(lines, profile)
  return place ? lines.slice(place.from, place.to) : []
}

/** The text with the profile as given, in its old place or at the end; without lines, without it. The rest stays. */
export function withProfile(text: string, profile: string, wanted: readonly string[]): string {
  const lines = text.split('\n')
  const place = find(lines, profile)
  if (place) {
    const before = lines.slice(0, place.from)
    const after = lines.slice(place.to)
    // The space before what is taken out goes with it.
    while (wanted.length === 0 && before.length > 0 && (before.at(-1) ?? '').trim() === '') before.pop()
    return [...before, ...wanted, ...after].join('\n').replace(/^\n+/, '')
  }
  if (wanted.length === 0) return text
  const head = text.trimEnd()
  return `${head === '' ? '' : `${head}\n\n`}${wanted.join('\n')}\n`
}
