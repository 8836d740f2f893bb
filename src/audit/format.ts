export type Cell = string | number | boolean | undefined

/** What events are as a table: `at` as ISO 8601, `text` the one that was hashed. */
export const eventColumns = ['seq', 'at', 'kind', 'by', 'grant', 'leaf', 'text'] as const

/**
 * Where a spreadsheet takes what follows for a formula (OWASP, "CSV Injection"): at the start of a cell, and behind
 * another separator that it may guess. Quotes do not help there: to whoever splits at semicolons they stand in the
 * middle of a cell, where they mean nothing.
 */
const formula = /^(?=["\s]*[=+\-@＝＋－＠]|[\t\r\n])|(?=[=+\-@＝＋－＠])(?<=[;|\t\r\n]["\s]*)/g

/**
 * One line of CSV, CRLF and all (RFC 4180), with every text quoted. What a spreadsheet would run gets an
 * apostrophe before it, so it can be opened without looking; numbers stay as they are.
 */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cell).join(',')}\r\n`

function cell(value: Cell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value)
  return `"${value.replace(formula, "'").replaceAll('"', '""')}"`
}
