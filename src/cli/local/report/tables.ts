import { markup, type Markup } from './markup.js'
import { countText, many } from './words.js'

/** A column of a table. `style` is a class of the stylesheet: numbers, times, people, roles, ids of grants. */
export interface Column<T> {
  readonly name: string
  readonly of: (row: T) => Markup | string
  readonly style?: 'n' | 'when' | 'who' | 'role' | 'id'
}

/** A table of at most so many rows, the first column of which names the row; says how many it leaves out, and where they are. */
export function table<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  { most = 200, rest = 'The table for spreadsheets (--format csv) has all of them.' } = {},
): Markup {
  const head = columns.map(({ name, style }) => markup`<th scope="col" class="${style ?? 't'}">${name}</th>`)
  const body = rows
    .slice(0, most)
    .map(
      (row) =>
        markup`<tr>${columns.map(({ of, style }, n) =>
          n === 0
            ? markup`<th scope="row" class="${style ?? 't'}">${of(row)}</th>`
            : markup`<td class="${style ?? 't'}">${of(row)}</td>`,
        )}</tr>\n`,
    )
  const left = rows.length - body.length
  const more = left > 0 ? markup`<p class="aside">And ${countText(left)} more. ${rest}</p>` : []
  return markup`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>${more}`
}

/** Names with how often, the most first: `ana 12, bo 3, and 4 others`. A number stays with its name. */
export function counted(
  counts: ReadonlyMap<string, number>,
  nameOf: (name: string) => string,
  most = 6,
): string {
  const names = [...counts].slice(0, most).map(([name, times]) => `${nameOf(name)}\u00a0${countText(times)}`)
  const left = counts.size - names.length
  return [...names, ...(left > 0 ? [`and ${many(left, 'other')}`] : [])].join(', ')
}
