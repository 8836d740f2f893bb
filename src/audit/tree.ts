import { createHash } from 'node:crypto'

/** A hash of the tree: 32 bytes. */
export type Hash = Buffer

/** SHA-256 of nothing: the root of a tree without leaves. */
export const emptyRoot: Hash = createHash('sha256').digest()

const inner = Uint8Array.of(1)

/** SHA-256(0x01 || left || right), RFC 6962 section 2.1. */
export const parentOf = (left: Hash, right: Hash): Hash =>
  createHash('sha256').update(inner).update(left).update(right).digest()

/** The largest power of two below `size`, which is at least 2: where a tree splits. */
export function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/** The RFC 6962 tree over leaf hashes, of which only the right edge is kept: log2 of the leaves. */
export interface Frontier {
  readonly size: number
  add(leaf: Hash): void
  root(): Hash
}

/** The root of a complete subtree. */
interface Peak {
  readonly leaves: number
  readonly hash: Hash
}

/** A tree without leaves, to be grown leaf by leaf at the cost of one more hash each. */
export const createFrontier = (): Frontier => grownFrom([])

/**
 * The tree of `size` leaves, to be grown on, from its last leaf and that one's audit path (RFC 6962 section 2.1.1),
 * which is all of its right edge; undefined where they cannot be of such a tree.
 */
export function frontierAfter(leaf: Hash, size: number, path: readonly Hash[]): Frontier | undefined {
  if (size < 1) return undefined
  const rest = [...path]
  let last: Peak = { leaves: 1, hash: leaf }
  while (size % (last.leaves * 2) === 0) {
    const sibling = rest.shift()
    if (!sibling) return undefined
    last = { leaves: last.leaves * 2, hash: parentOf(sibling, last.hash) }
  }
  const peaks = [last]
  for (let [left, leaves] = [size - last.leaves, last.leaves]; left > 0; left -= leaves) {
    const hash = rest.shift()
    if (!hash) return undefined
    while (left % (leaves * 2) === 0) leaves *= 2
    peaks.unshift({ leaves, hash })
  }
  return rest.length === 0 ? grownFrom(peaks) : undefined
}

/** `peaks` are the roots of the complete subtrees from left to right, each smaller than the one before. */
function grownFrom(peaks: Peak[]): Frontier {
  let size = peaks.reduce((sum, { leaves }) => sum + leaves, 0)
  return {
    get size() {
      return size
    },
    add(leaf) {
      size++
      let grown = { leaves: 1, hash: leaf }
      for (let last = peaks.at(-1); last?.leaves === grown.leaves; last = peaks.at(-1)) {
        grown = { leaves: grown.leaves * 2, hash: parentOf(last.hash, grown.hash) }
        peaks.pop()
      }
      peaks.push(grown)
    },
    root: () =>
      peaks.reduceRight<Hash | undefined>(
        (right, { hash }) => (right ? parentOf(hash, right) : hash),
        undefined,
      ) ?? emptyRoot,
  }
}

/** The root over these hashes. */
export function rootOf(hashes: Iterable<Hash>): Hash {
  const frontier = createFrontier()
  for (const hash of hashes) frontier.add(hash)
  return frontier.root()
}
