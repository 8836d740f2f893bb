import { visible } from './text.js'

/** A column of a table, and what becomes of it where the terminal is too narrow. */
export interface Column<Row> {
  readonly name: string
  readonly of: (row: Row) => string | undefined
  /** It is cut. */
  readonly yields?: true
  /** It is left out, where cutting the others is not enough. */
  readonly drops?: true
}

/** The narrowest that a column that gives way becomes. */
const least = 8
/** Blank cells between two columns. */
const gap = 2

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u

/** How many cells of a terminal a character takes. */
const cells = (char: string): number => (/\p{M}/u.test(char) ? 0 : wide.test(char) ? 2 : 1)
const widthOf = (text: string): number => [...text].reduce((sum, char) => sum + cells(char), 0)

/** The text in at most so many cells, with an ellipsis for what is cut. */
function cut(text: string, most: number): string {
  if (widthOf(text) <= most) return text
  let kept = ''
  let width = 1
  for (const char of text) {
    width += cells(char)
    if (width > most) break
    kept += char
  }
  return `${kept}…`
}

/** Where the largest number stands; undefined where none is more than nothing. */
function widest(widths: readonly number[]): number | undefined {
  const most = Math.max(...widths)
  return most > 0 ? widths.indexOf(most) : undefined
}

/**
 * Lines of a table with a heading. `width` is that of the terminal, to which the columns that yield are cut, widest
 * first; undefined, as in a pipe, cuts nothing.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width?: number): string[] {
  const lines = [
    columns.map(({ name }) => name),
    ...rows.map((row) => columns.map(({ of }) => visible(of(row) ?? ''))),
  ]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))))
  const total = widths.reduce((sum, one) => sum + one + gap, -gap)
  let over = width === undefined ? 0 : total - width
  for (; over > 0; over -= 1) {
    const at = widest(widths.map((one, column) => (columns[column]?.yields && one > least ? one : 0)))
    if (at === undefined) {
      const kept = columns.filter(({ drops }) => !drops)
      if (kept.length < columns.length) return table(rows, kept, width)
      break
    }
    widths[at] = (widths[at] ?? 0) - 1
  }
  return lines.map((line) =>
    line
      .map((cell, at) => {
        const shown = cut(cell, widths[at] ?? 0)
        return shown + ' '.repeat((widths[at] ?? 0) - widthOf(shown))
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}
