/** A block of a page that a reader would type into a shell, and what the page says that it prints. */
export interface Block {
  /** The line of the page that it begins on, from 1. */
  readonly line: number
  /** What stands after `sh` on its fence: who types it. */
  readonly who: string
  readonly script: string
  readonly prints: string | undefined
}

/** The `sh` blocks of a Markdown page in their order, each with the `text` block that follows it, if any does. */
export function blocksOf(page: string): readonly Block[] {
  const fenced = /^```(sh|text)(?: (\S+))?\n([^]*?)^```$|^(#.*)$/gm
  const blocks: Block[] = []
  let open = false
  for (const [match, kind, who = '', body = ''] of page.matchAll(fenced)) {
    const last = blocks.at(-1)
    if (kind === 'sh') {
      const line = page.slice(0, page.indexOf(match)).split('\n').length
      blocks.push({ line, who, script: body, prints: undefined })
    } else if (kind === 'text' && open && last) blocks[blocks.length - 1] = { ...last, prints: body }
    open = kind === 'sh'
  }
  return blocks
}

/** A text with what differs from run to run put alike: ids, times, access key ids. */
export const alike = (text: string): string =>
  text
    .replace(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, '<id>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>')
    .replace(/\bASIA[A-Z0-9]{10,}/g, '<key>')
