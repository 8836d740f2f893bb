import { leafOf } from './chain.js'
import { openCheckpoint, type Checkpoint } from './checkpoint.js'
import type { Verifier } from './note.js'
import { rootOfInclusion, type RootAt, inclusionProof } from './proof.js'

/** An event with what leads from it to the root of a checkpoint. */
export interface Proof {
  readonly seq: number
  /** The bytes that were hashed. */
  readonly text: string
  /** RFC 6962 audit path, base64, from the leaf up. */
  readonly path: readonly string[]
}

/** Events that somebody without the log can check: one file of `stint audit prove`. */
export interface Evidence {
  readonly stint: 'evidence'
  readonly grant: string
  /** A signed note. */
  readonly checkpoint: string
  readonly events: readonly Proof[]
}

export const prove = async (
  { seq, text }: { readonly seq: number; readonly text: string },
  size: number,
  rootAt: RootAt,
): Promise<Proof> => ({
  seq,
  text,
  path: (await inclusionProof(seq - 1, size, rootAt)).map((hash) => hash.toString('base64')),
})

/** What a file says, if it is evidence at all. */
export function parseEvidence(text: string): Evidence | undefined {
  if (!/^\s*\{\s*"stint":\s*"evidence"/.test(text)) return undefined
  try {
    const value = JSON.parse(text) as Evidence
    const sound =
      typeof value.grant === 'string' &&
      typeof value.checkpoint === 'string' &&
      Array.isArray(value.events) &&
      value.events.every(
        ({ seq, text: event, path }) =>
          Number.isSafeInteger(seq) &&
          typeof event === 'string' &&
          Array.isArray(path) &&
          path.every((hash) => typeof hash === 'string'),
      )
    return sound ? value : undefined
  } catch {
    return undefined
  }
}

/** Checks evidence with nothing but public keys. `detail` says what does not hold. */
export function checkEvidence(
  evidence: Evidence,
  keys: readonly Verifier[],
):
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly seq: number; readonly detail: string } {
  const checkpoint = openCheckpoint(evidence.checkpoint, keys)
  if (!checkpoint)
    return { ok: false, seq: 0, detail: 'Its checkpoint is not signed by a key that was given.' }
  for (const { seq, text, path } of evidence.events) {
    const proof = path.map((hash) => Buffer.from(hash, 'base64'))
    const root = rootOfInclusion(Buffer.from(leafOf(text), 'hex'), seq - 1, checkpoint.size, proof)
    if (!root?.equals(checkpoint.root))
      return { ok: false, seq, detail: `Event ${seq} is not in the log that was signed.` }
    if (!says(text, seq, evidence.grant))
      return { ok: false, seq, detail: `Event ${seq} is of another place, or of another grant.` }
  }
  return { ok: true, checkpoint }
}

function says(text: string, seq: number, grant: string): boolean {
  const said = JSON.parse(text) as { readonly seq?: unknown; readonly grant?: unknown }
  return said.seq === seq && said.grant === grant
}
