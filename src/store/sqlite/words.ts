/**
 * The FTS5 expression (sqlite.org/fts5.html, section 3) for "holds each of these words": every word a
 * quoted string, so that nothing in it is an operator; NUL would end the expression early, so it parts
 * words too. Undefined where there is no letter or digit to look for, and so nothing can be found.
 */
export function matchAll(text: string): string | undefined {
  const words = new Set(text.split(/[\s\0]+/).filter((word) => /[\p{L}\p{N}]/u.test(word)))
  return words.size === 0
    ? undefined
    : Array.from(words, (word) => `"${word.replaceAll('"', '""')}"`).join(' ')
}
