import { openCheckpoint, type Checkpoint } from './checkpoint.js'
import type { Head } from './event.js'
import type { Verifier } from './note.js'
import { inclusionProof, type RootAt } from './proof.js'
import { frontierAfter, type Frontier } from './tree.js'

/**
 * What stands before the first event of a record, or of a part of one, that does not begin at event 1: the end of
 * what comes before it, with what shows that this was signed.
 */
export interface Beginning {
  readonly after: Head
  /** RFC 6962 audit path, base64, from that event's leaf to the root of the checkpoint, which is of so many events. */
  readonly path: readonly string[]
  /** A signed note. */
  readonly checkpoint: string
}

/** Where a log goes on. */
interface Begun {
  readonly head: Head
  readonly tree: Frontier
  readonly checkpoint: Checkpoint
}

export const beginningAfter = async (
  after: Head,
  checkpoint: string,
  rootAt: RootAt,
): Promise<Beginning> => ({
  after,
  path: (await inclusionProof(after.seq - 1, after.seq, rootAt)).map((hash) => hash.toString('base64')),
  checkpoint,
})

/** The line of an export that says so. */
export const beginningLine = ({ after, path, checkpoint }: Beginning): string =>
  JSON.stringify({ after: { seq: after.seq, leaf: after.leaf, path }, checkpoint })

/** What such a line says; undefined for any other. */
export function parseBeginning(line: string): Beginning | undefined {
  if (!line.startsWith('{"after":')) return undefined
  try {
    const { after, checkpoint } = JSON.parse(line) as {
      readonly after: Partial<Head> & { readonly path?: unknown }
      readonly checkpoint?: unknown
    }
    const { seq, leaf, path } = after
    const sound =
      typeof seq === 'number' &&
      Number.isSafeInteger(seq) &&
      typeof leaf === 'string' &&
      /^[0-9a-f]{64}$/.test(leaf) &&
      Array.isArray(path) &&
      path.every((hash) => typeof hash === 'string') &&
      typeof checkpoint === 'string'
    return sound ? { after: { seq, leaf }, path, checkpoint } : undefined
  } catch {
    return undefined
  }
}

/** The chain and the tree as they are there, if a key signed just that; undefined otherwise. */
export function openBeginning(beginning: Beginning, keys: readonly Verifier[]): Begun | undefined {
  const { after, path, checkpoint: note } = beginning
  const checkpoint = openCheckpoint(note, keys)
  const hashes = path.map((hash) => Buffer.from(hash, 'base64'))
  if (checkpoint?.size !== after.seq || hashes.some(({ length }) => length !== 32)) return undefined
  const tree = frontierAfter(Buffer.from(after.leaf, 'hex'), after.seq, hashes)
  return tree?.root().equals(checkpoint.root) ? { head: after, tree, checkpoint } : undefined
}
