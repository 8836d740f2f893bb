import type { RootAt } from './proof.js'
import { rootOf, splitOf, type Hash } from './tree.js'

/** How many hashes of one level make one of the next: 256, so that a proof takes a handful of reads. */
export const width = 256

/**
 * The hashes `from`, inclusive, to `to`, exclusive, of a level, hex: level 0 are the leaves, and one of level n is the
 * root over `width` of level n - 1.
 */
export type HashesOf = (level: number, from: number, to: number) => Promise<readonly string[]>

/** One hash of a level above the leaves. */
export interface TreeNode {
  readonly level: number
  readonly n: number
  /** Hex. */
  readonly hash: string
}

/** Roots over parts of a log of `size` events, read tile by tile, each once. */
export function rootsOf(size: number, hashesOf: HashesOf): RootAt {
  const tiles = new Map<string, Promise<readonly Hash[]>>()
  const tile = (level: number, n: number): Promise<readonly Hash[]> => {
    const name = `${level}/${n}`
    const known = tiles.get(name)
    if (known) return known
    const most = Math.floor(size / width ** level)
    const read = hashesOf(level, n * width, Math.min((n + 1) * width, most)).then((hashes) =>
      hashes.map((hash) => Buffer.from(hash, 'hex')),
    )
    tiles.set(name, read)
    return read
  }
  const rootAt: RootAt = async (from, to) => {
    const leaves = to - from
    let level = 0
    let unit = 1
    while (unit * width <= leaves) {
      level++
      unit *= width
    }
    if (leaves <= 1 || (isPowerOfTwo(leaves) && from % leaves === 0)) {
      const first = from / unit
      const hashes = await tile(level, Math.floor(first / width))
      return rootOf(hashes.slice(first % width, (first % width) + leaves / unit))
    }
    const middle = from + splitOf(leaves)
    const left = await rootAt(from, middle)
    return rootOfTwo(left, await rootAt(middle, to))
  }
  return rootAt
}

const rootOfTwo = (left: Hash, right: Hash): Hash => rootOf([left, right])

const isPowerOfTwo = (n: number): boolean => n === 1 || splitOf(n) * 2 === n

/**
 * The nodes of all levels that a log of `size` events has complete, and one of `grown` events has not: at most those
 * of `atOnce` tiles of leaves. `grown` is a multiple of `width`; what comes back is where it goes on.
 */
export async function growth(
  grown: number,
  size: number,
  hashesOf: HashesOf,
  atOnce = 64,
): Promise<{ readonly nodes: readonly TreeNode[]; readonly grown: number }> {
  const end = Math.min(Math.floor(size / width) * width, grown + atOnce * width)
  const nodes: TreeNode[] = []
  const made = new Map<number, string[]>()
  for (let level = 1, unit = width; unit <= end; level++, unit *= width) {
    const [from, to] = [Math.floor(grown / unit), Math.floor(end / unit)]
    for (let n = from; n < to; n++) {
      const hash = rootOf(
        (await below(level - 1, n * width)).map((text) => Buffer.from(text, 'hex')),
      ).toString('hex')
      nodes.push({ level, n, hash })
      made.set(level, [...(made.get(level) ?? []), hash])
    }
  }
  return { nodes, grown: end }

  /** The `width` hashes from `from` on: those that were stored, and then those that were just made. */
  async function below(level: number, from: number): Promise<readonly string[]> {
    if (level === 0) return hashesOf(0, from, from + width)
    const stored = Math.floor(grown / width ** level)
    const old = from < stored ? await hashesOf(level, from, Math.min(stored, from + width)) : []
    const fresh = made.get(level) ?? []
    const start = from + old.length - stored
    return [...old, ...fresh.slice(start, start + width - old.length)]
  }
}
