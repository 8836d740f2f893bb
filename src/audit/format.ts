export type Cell = string | number | boolean | undefined

/** What a spreadsheet takes for the start of a formula: OWASP, "CSV Injection". */
const formula = /^[=+\-@\t\r\n＝＋－＠]/

/** Beside RFC 4180's own, the separators that spreadsheets guess: a formula could hide behind one. */
const quoted = /[",;\t\r\n]/

/**
 * One line of CSV, CRLF and all (RFC 4180). A text that a spreadsheet would run gets a leading
 * apostrophe, so it can be opened without looking; numbers stay as they are.
 */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(cell).join(',')}\r\n`

function cell(value: Cell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value)
  const safe = formula.test(value) ? `'${value}` : value
  return quoted.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
