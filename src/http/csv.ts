type Cell = string | number | undefined

/**
 * A table as CSV (RFC 4180, but lines end in `\n`). A cell that a spreadsheet would take for a formula gets
 * an apostrophe before it (OWASP, CSV injection): reasons are written by the people under audit.
 */
export function table<R extends object>(columns: readonly (keyof R & string)[], rows: readonly R[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(row[column] as Cell)).join(','))
  return [columns.join(','), ...lines, ''].join('\n')
}

function cell(value: Cell): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
