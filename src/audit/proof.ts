import { parentOf, splitOf, type Hash } from './tree.js'

/** The root over the leaves from `from`, inclusive, to `to`, exclusive, of one tree. Leaves are counted from 0. */
export type RootAt = (from: number, to: number) => Promise<Hash>

/** The hashes that lead from leaf `index` to the root of the first `size` leaves: RFC 6962 section 2.1.1. */
export async function inclusionProof(index: number, size: number, rootAt: RootAt): Promise<readonly Hash[]> {
  const path = async (from: number, to: number): Promise<readonly Hash[]> => {
    if (to - from === 1) return []
    const middle = from + splitOf(to - from)
    return index < middle
      ? [...(await path(from, middle)), await rootAt(middle, to)]
      : [...(await path(middle, to)), await rootAt(from, middle)]
  }
  return path(0, size)
}

/** What shows that the tree of `size` leaves only adds to the one of `before` leaves: RFC 6962 section 2.1.2. */
export async function consistencyProof(
  before: number,
  size: number,
  rootAt: RootAt,
): Promise<readonly Hash[]> {
  const path = async (from: number, to: number, known: boolean): Promise<readonly Hash[]> => {
    if (before === to) return known ? [] : [await rootAt(from, to)]
    const middle = from + splitOf(to - from)
    return before <= middle
      ? [...(await path(from, middle, known)), await rootAt(middle, to)]
      : [...(await path(middle, to, false)), await rootAt(from, middle)]
  }
  return before === 0 || before === size ? [] : path(0, size, true)
}

/** The root that a leaf and its proof come to; undefined where the proof cannot be of such a tree. RFC 9162, 2.1.3.2. */
export function rootOfInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
): Hash | undefined {
  if (!(index >= 0 && index < size)) return undefined
  let [node, last, root] = [index, size - 1, leaf]
  for (const hash of proof) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      root = parentOf(hash, root)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else root = parentOf(root, hash)
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 ? root : undefined
}

/** Whether `proof` shows that the tree of `size` leaves with `root` begins with that of `before` leaves. RFC 9162, 2.1.4.2. */
export function isConsistent(
  before: { readonly size: number; readonly root: Hash },
  after: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  if (before.size > after.size) return false
  if (before.size === after.size) return proof.length === 0 && before.root.equals(after.root)
  if (before.size === 0) return proof.length === 0
  const path = isPowerOfTwo(before.size) ? [before.root, ...proof] : [...proof]
  const first = path.shift()
  if (!first) return false
  let [node, last] = [before.size - 1, after.size - 1]
  while (node % 2 === 1) [node, last] = [half(node), half(last)]
  let [old, now] = [first, first]
  for (const hash of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      old = parentOf(hash, old)
      now = parentOf(hash, now)
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)]
    } else now = parentOf(now, hash)
    ;[node, last] = [half(node), half(last)]
  }
  return last === 0 && old.equals(before.root) && now.equals(after.root)
}

/** Not by bits: a log may have more leaves than a 32-bit number counts. */
const half = (n: number): number => Math.floor(n / 2)

const isPowerOfTwo = (n: number): boolean => n === 1 || splitOf(n) * 2 === n
