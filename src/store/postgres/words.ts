/** Longer lexemes PostgreSQL refuses (2,046 bytes); in characters of four bytes at most. */
const longest = 500

/**
 * The words of a text as SQLite's `unicode61 remove_diacritics 2` splits it (sqlite.org/fts5.html, section
 * 4.3.1): runs of letters, digits and private-use characters, without case or accents.
 */
const wordsOf = (text: string): readonly string[] =>
  (
    text
      .normalize('NFD')
      .replace(/\p{M}+/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{Co}]+/gu) ?? []
  ).map((word) => word.slice(0, longest))

/**
 * A reason as a `tsvector`, each word with its place. The server's own parser would take addresses and
 * hyphens apart in ways of its own, which depend on its configuration.
 */
export const vectorOf = (reason: string | null): string =>
  wordsOf(reason ?? '')
    .map((word, at) => `${word}:${at + 1}`)
    .join(' ')

/**
 * The `tsquery` for "holds each of these words", where what stands between two spaces is a phrase.
 * Undefined where there is no letter or digit to look for, and so nothing can be found.
 */
export function queryOf(text: string): string | undefined {
  const phrases = new Set(
    text
      .split(/[\s\0]+/)
      .map((part) => wordsOf(part).join(' <-> '))
      .filter((phrase) => phrase !== ''),
  )
  return phrases.size === 0 ? undefined : [...phrases].join(' & ')
}
