/** What is compared at most; enough to tell names apart, and crafted lists stay cheap. */
const compared = 64

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The candidate that is fewest edits away, without regard to case; undefined when there is none. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: { readonly candidate: string; readonly edits: number } | undefined
  for (const candidate of candidates) {
    let [a, b] = [text.toLowerCase(), candidate.toLowerCase()]
    let shared = 0
    while (shared < a.length && a[shared] === b[shared]) shared++
    ;[a, b] = [a.slice(shared), b.slice(shared)]
    const edits = distance(a.slice(0, compared), b.slice(0, compared)) + Math.abs(a.length - b.length) / 1_000
    if (!best || edits < best.edits) best = { candidate, edits }
  }
  return best?.candidate
}
