import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** The C2SP signed note (c2sp.org/signed-note, version 1.0.0): a text with signatures of named keys below it. */

/** What makes signatures; its text form holds the secret. */
export interface Signer {
  readonly name: string
  /** First four bytes of SHA-256(name, newline, 0x01, public key), hex. */
  readonly id: string
  readonly key: KeyObject
  /** The verifier key that goes with it, as it is given to whoever checks. */
  readonly verifier: string
}

export interface Verifier {
  readonly name: string
  readonly id: string
  readonly key: KeyObject
}

export interface Signature {
  readonly name: string
  readonly id: string
  readonly bytes: Buffer
}

export interface Note {
  /** With its final newline; the bytes that are signed. */
  readonly text: string
  readonly signatures: readonly Signature[]
}

/** Ed25519 in a note's keys (signed-note, "Signature types"). */
const ed25519 = Uint8Array.of(1)

/** RFC 8410 puts the 32 bytes of a key behind these. */
const secretPrefix = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)
const publicPrefix = Uint8Array.of(48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0)

const isName = (name: string): boolean => name !== '' && !/[\s+\p{Cc}]/u.test(name)

const idOf = (name: string, raw: Uint8Array): string =>
  createHash('sha256').update(`${name}\n`).update(ed25519).update(raw).digest('hex').slice(0, 8)

/**
 * A new key under a name, from 32 random bytes. `secret` is in the form of Go's `note` package, which signed-note
 * leaves open: `PRIVATE+KEY+name+id+base64`. Undefined for what is no name of a key.
 */
export function makeSigner(
  name: string,
  seed: Uint8Array,
): { readonly secret: string; readonly verifier: string } | undefined {
  if (!isName(name) || seed.length !== 32) return undefined
  const { id, verifier } = signerOf(name, seed)
  return { secret: `PRIVATE+KEY+${name}+${id}+${base64(seed)}`, verifier }
}

const base64 = (raw: Uint8Array): string => Buffer.concat([ed25519, raw]).toString('base64')

function signerOf(name: string, seed: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([secretPrefix, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length)
  const id = idOf(name, raw)
  return { name, id, key, verifier: `${name}+${id}+${base64(raw)}` }
}

/** Reads the secret form; undefined for anything else, a wrong id included. */
export function parseSigner(text: string): Signer | undefined {
  const [, rest] = /^PRIVATE\+KEY\+(.+)$/.exec(text) ?? []
  const parts = rest === undefined ? undefined : partsOf(rest)
  if (!parts) return undefined
  const signer = signerOf(parts.name, parts.raw)
  return signer.id === parts.id ? signer : undefined
}

/** Reads a verifier key, `name+id+base64`; undefined for anything else, a wrong id included. */
export function parseVerifier(text: string): Verifier | undefined {
  const parts = partsOf(text)
  if (!parts || idOf(parts.name, parts.raw) !== parts.id) return undefined
  const { name, id, raw } = parts
  return {
    name,
    id,
    key: createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: 'der', type: 'spki' }),
  }
}

function partsOf(text: string) {
  const [, name = '', id = '', encoded = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  return isName(name) && bytes.length === 33 && bytes[0] === 1
    ? { name, id, raw: bytes.subarray(1) }
    : undefined
}

/** The note over a text that ends with a newline, signed by each. */
export function signNote(text: string, signers: readonly Signer[]): string {
  const lines = signers.map(({ name, id, key }) => {
    const bytes = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(text), key)])
    return `— ${name} ${bytes.toString('base64')}\n`
  })
  return `${text}\n${lines.join('')}`
}

/** Reads a note; undefined for what is none. Nothing is verified by that. */
export function parseNote(note: string): Note | undefined {
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) return undefined
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map((line): Signature | undefined => {
      const [, name = '', encoded = ''] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? []
      const bytes = Buffer.from(encoded, 'base64')
      if (!isName(name) || bytes.length < 5) return undefined
      return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) }
    })
  if (signatures.some((signature) => signature === undefined)) return undefined
  return { text: note.slice(0, end + 1), signatures: signatures.filter((one) => one !== undefined) }
}

/**
 * Which of the keys signed this note. Signatures of other keys count for nothing; one that claims to be of a known
 * key and is not makes the whole note worthless, and the answer empty.
 */
export function signedBy({ text, signatures }: Note, keys: readonly Verifier[]): readonly Verifier[] {
  const found = signatures.flatMap(({ name, id, bytes }) =>
    keys
      .filter((key) => key.name === name && key.id === id)
      .map((key) => ({ key, holds: verify(null, Buffer.from(text), key.key, bytes) })),
  )
  return found.every(({ holds }) => holds) ? found.map(({ key }) => key) : []
}
