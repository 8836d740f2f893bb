/** Longer keys, in characters, are not remembered: whoever asks must not decide how much memory that takes. */
const longestKey = 8_192

/**
 * Remembers what a pure function answered lately: at most `most` answers, those that were asked for last, each by a
 * key that holds all that it depends on. What it throws is not remembered.
 */
export function lately<T>(most: number): (key: string, compute: () => T) => T {
  const kept = new Map<string, { readonly answer: T }>()
  return (key, compute) => {
    const known = kept.get(key) ?? { answer: compute() }
    if (key.length > longestKey) return known.answer
    // Moved to the end: the first of the map is the one that was not asked for the longest.
    kept.delete(key)
    kept.set(key, known)
    const { value: oldest } = kept.keys().next()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    return known.answer
  }
}
