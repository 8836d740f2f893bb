/** The parsed object, or undefined when the text is not one JSON object in UTF-8 with each member name once. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) && !hasDuplicateNames(text) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The member of that name if the object itself has it: a claim called `constructor` is not there by birth. */
export const member = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined

/**
 * JSON.parse keeps the last of two members with one name, other parsers the first: a token that two readers
 * understand differently is refused (RFC 7515 section 4, RFC 7519 section 4). The text is known to be valid
 * JSON. Names are compared as read, so `"\u0061"` is `"a"`.
 */
export function hasDuplicateNames(text: string): boolean {
  // Outside strings only brackets matter; a string followed by a colon is a name.
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g
  const open: Set<string>[] = []
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (colon !== undefined) {
      const names = open.at(-1)
      const name = String(JSON.parse(token.slice(0, -colon.length)))
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}
