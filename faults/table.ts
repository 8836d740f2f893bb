import type { End, Row } from './run.js'

const columns: readonly (readonly [string, (row: Row) => string | number])[] = [
  ['fault', ({ fault }) => fault],
  ['store', ({ store }) => store],
  ['rounds', ({ rounds }) => rounds],
  ['sessions', ({ sessions }) => sessions],
  ['acknowledged', ({ acknowledged }) => acknowledged],
  ['wrong', ({ wrong }) => wrong.length],
  ['back after', ({ back }) => `${(back / 1_000).toFixed(1)} s`],
]

const widths = [26, 9, 7, 9, 13, 6, 11]

const line = (cells: readonly (string | number)[]) =>
  cells
    .map((cell, at) =>
      at < 2 ? String(cell).padEnd(widths[at] ?? 0) : String(cell).padStart(widths[at] ?? 0),
    )
    .join(' ')
    .trimEnd()

export const head = (): string => line(columns.map(([name]) => name))

export const rowText = (row: Row): string => line(columns.map(([, cell]) => cell(row)))

/** How many sentences of one kind are worth reading. */
const most = 10

const told = (wrong: readonly string[]) => [
  ...wrong.slice(0, most).map((one) => `  WRONG ${one}`),
  ...(wrong.length > most ? [`  and ${wrong.length - most} more`] : []),
]

/** What is on the record in the end, and how the load was answered. */
export function endText(store: string, { entries, issuances, statuses, wrong }: End): string {
  const counts = (map: ReadonlyMap<string | number, number>) =>
    [...map].map(([name, count]) => `${count} ${name === 0 ? 'unanswered' : name}`).join(', ')
  return [
    `${store}: ${entries} events; issuances: ${counts(issuances)}; answers: ${counts(statuses)}`,
    ...told(wrong),
  ].join('\n')
}
