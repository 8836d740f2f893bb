/** Columns that the tour keeps to. */
const width = 96

type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan'
const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, green: 32, red: 31, cyan: 36 }

export interface Telling {
  /** One line as it is, cut nowhere: for what is to be copied. */
  readonly plain: (line?: string) => void
  readonly heading: (text: string) => void
  /** Prose, broken between words. */
  readonly say: (text: string, indent?: number) => void
  /** What goes out, and what comes back. */
  readonly out: (line: string, details?: readonly string[], body?: unknown) => void
  readonly back: (line: string, details?: readonly string[], body?: unknown) => void
  readonly verdict: (ok: boolean, text: string) => void
}

/** Breaks text between words; one that is longer than the line, an ARN say, after its slashes. */
export function wrap(text: string, indent: number, hanging = indent): readonly string[] {
  const lines: string[] = []
  let line = ' '.repeat(indent)
  let empty = true
  const words = text.split(/(?<= )/)
  const pieces = words.flatMap((word) => (hanging + word.length > width ? word.split(/(?<=\/)/) : [word]))
  for (const piece of pieces) {
    if (!empty && line.length + piece.trimEnd().length > width) {
      lines.push(line.trimEnd())
      line = ' '.repeat(hanging)
    }
    line += piece
    empty = false
  }
  return [...lines, line]
}

/** JSON on one line where it fits, else a line for each member; texts that are too long go on below. */
export function layOut(value: unknown, indent: number, before = '', after = ''): readonly string[] {
  const whole = `${before}${compact(value)}${after}`
  if (indent + whole.length <= width || typeof value !== 'object' || value === null)
    return wrap(whole, indent, indent + 4)
  const isList = Array.isArray(value)
  const members = Object.entries(value)
  return [
    `${' '.repeat(indent)}${before}${isList ? '[' : '{'}`,
    ...members.flatMap(([key, member], index) =>
      layOut(
        member,
        indent + 2,
        isList ? '' : `${JSON.stringify(key)}: `,
        index < members.length - 1 ? ',' : '',
      ),
    ),
    `${' '.repeat(indent)}${isList ? ']' : '}'}${after}`,
  ]
}

function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${compact(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** Writes the tour as plain text, with colour only where that was asked for. */
export function createTelling(write: (text: string) => void, colour: boolean): Telling {
  const paint = (style: Style, text: string) => (colour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text)
  const lines = (all: readonly string[], style?: Style) => {
    for (const line of all) write(`${style ? paint(style, line) : line}\n`)
  }
  const exchange = (arrow: string, line: string, details: readonly string[], body: unknown) => {
    lines(wrap(`${arrow} ${line}`, 4, 6), 'cyan')
    for (const detail of details) lines(wrap(detail, 6, 8), 'dim')
    if (body !== undefined) lines(layOut(body, 6))
  }
  return {
    plain: (line = '') => lines([line]),
    heading: (text) => lines(['', paint('bold', text)]),
    say: (text, indent = 4) => lines(wrap(text, indent)),
    out: (line, details = [], body) => exchange('→', line, details, body),
    back: (line, details = [], body) => exchange('←', line, details, body),
    verdict: (ok, text) => lines(wrap(`${ok ? '✓' : '✗'} ${text}`, 4, 6), ok ? 'green' : 'red'),
  }
}
