/** A file of the tree: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/**
 * TypeScript with its comments and the contents of its strings blanked out, every character still in its
 * place, so that rules can be looked for without finding them in prose. Code inside `${}` stays.
 */
export function codeOnly(text: string): string {
  const blank = (from: number, to: number): string => text.slice(from, to).replace(/[^\n]/g, ' ')
  let out = ''
  let at = 0
  const templates: number[] = [] // brace depth of each `${` that is open
  let braces = 0
  while (at < text.length) {
    const two = text.slice(at, at + 2)
    const one = text.charAt(at)
    if (two === '//' || two === '/*') {
      const end = two === '//' ? text.indexOf('\n', at) : text.indexOf('*/', at) + 2
      const stop = end < at + 2 ? text.length : end
      out += blank(at, stop)
      at = stop
    } else if (one === "'" || one === '"' || (one === '/' && regexMayStart(out))) {
      const stop = literalEnd(text, at, one)
      out += one + blank(at + 1, stop - 1) + one
      at = stop
    } else if (one === '`' || (one === '}' && templates.at(-1) === braces)) {
      if (one === '}') templates.pop()
      let stop = at + 1
      while (stop < text.length && text.charAt(stop) !== '`' && text.slice(stop, stop + 2) !== '${')
        stop += text.charAt(stop) === '\\' ? 2 : 1
      const code = text.charAt(stop) === '$'
      if (code) templates.push(braces)
      out += one + blank(at + 1, stop) + (code ? '${' : '`')
      at = stop + (code ? 2 : 1)
    } else {
      if (one === '{') braces += 1
      if (one === '}') braces -= 1
      out += one
      at += 1
    }
  }
  return out
}

/** A slash divides after a value, and opens a regular expression after anything else. */
function regexMayStart(before: string): boolean {
  const code = before.trimEnd()
  return /(^|[=(,:[!&|?{};+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|await|yield|do|else))$/.test(code)
}

/** Where the string or regular expression that opens at `start` is over. */
function literalEnd(text: string, start: number, quote: string): number {
  let inClass = false
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') at += 1
    else if (char === '\n') return at
    else if (quote === '/' && char === '[') inClass = true
    else if (quote === '/' && char === ']') inClass = false
    else if (char === quote && !inClass) return at + 1
  }
  return text.length
}

/** What a file imports or exports from, types too, statically or not. `undefined` is a computed name. */
export function importsOf({ text }: SourceFile): (string | undefined)[] {
  const code = codeOnly(text)
  const named = /(?:\bfrom|\bimport)\s*(?:\(\s*)?(['"])( *)\1/g
  const found: (string | undefined)[] = [...code.matchAll(named)].map((match) => {
    const end = match.index + match[0].length - 1
    return text.slice(end - (match[2] ?? '').length, end)
  })
  return /\bimport\s*\(\s*[^'"\s]/.test(code) ? [...found, undefined] : found
}
