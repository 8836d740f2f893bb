import { parseNote, signedBy, signNote, type Signer, type Verifier } from './note.js'
import type { Hash } from './tree.js'

/** What a checkpoint says (c2sp.org/tlog-checkpoint, version 1.0.0): of which log, how many events, and their root. */
export interface Checkpoint {
  readonly origin: string
  /** How many events; also the number of the last of them. */
  readonly size: number
  readonly root: Hash
}

/** Signs by each key. The origin is their common name. */
export const signCheckpoint = ({ origin, size, root }: Checkpoint, signers: readonly Signer[]): string =>
  signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, signers)

/** Reads a checkpoint without verifying it; undefined for what is none. Lines that others may add are let be. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const [origin = '', size = '', root = ''] = parseNote(note)?.text.split('\n') ?? []
  const hash = Buffer.from(root, 'base64')
  const sound =
    origin !== '' &&
    /^(0|[1-9]\d{0,14})$/.test(size) &&
    hash.length === 32 &&
    hash.toString('base64') === root
  return sound ? { origin, size: Number(size), root: hash } : undefined
}

/** Reads a checkpoint that one of the keys signed, under its own name as the origin; undefined otherwise. */
export function openCheckpoint(text: string, keys: readonly Verifier[]): Checkpoint | undefined {
  const note = parseNote(text)
  const checkpoint = parseCheckpoint(text)
  if (!note || !checkpoint) return undefined
  const own = keys.filter(({ name }) => name === checkpoint.origin)
  return signedBy(note, own).length > 0 ? checkpoint : undefined
}

/** Several notes in one text, one after the other: each ends where the text of the next begins. */
export const notesIn = (text: string): readonly string[] =>
  text.match(/(?:(?!— )[^\n]+\n)+\n(?:— [^\n]+\n)+/g) ?? []
