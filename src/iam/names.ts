import { createHash } from 'node:crypto'

/** What a text is encoded into. Lengths in characters. */
interface Alphabet {
  readonly kept: RegExp
  readonly min: number
  readonly max: number
}

/** Base64url of 128 bits. */
const hashLength = 22

/**
 * One character: itself, or `=XX` for each of its UTF-8 bytes. Half a surrogate pair has no UTF-8, and
 * would become the replacement character; it is `=UXXXX`.
 */
function unit(character: string, kept: RegExp): string {
  if (kept.test(character)) return character
  const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0')
  if (/^[\ud800-\udfff]$/.test(character)) return `=U${hex(character.charCodeAt(0), 4)}`
  return [...Buffer.from(character, 'utf8')].map((byte) => `=${hex(byte, 2)}`).join('')
}

/**
 * No two texts get the same name. An escape is `=` with two hex digits or `U`; `=_` fills up a name that
 * is too short, and `=-` stands before the hash of one that is too long, so none can be taken for another.
 */
function encode(text: string, { kept, min, max }: Alphabet): string {
  const units = Array.from(text, (character) => unit(character, kept))
  const whole = units.join('')
  if (whole.length < min) return `${whole}=_`
  if (whole.length <= max) return whole
  let prefix = ''
  for (const next of units) {
    if (prefix.length + next.length > max - 2 - hashLength) break
    prefix += next
  }
  return `${prefix}=-${createHash('sha256').update(whole).digest('base64url').slice(0, hashLength)}`
}

/**
 * Encodes any text, collision-free, into what STS takes as RoleSessionName and SourceIdentity: 2 to 64
 * characters of `[\w+=,.@-]` (STS API, AssumeRole), never starting with `aws:`. What does not fit into
 * `max` (24 at least) keeps its beginning and ends in 128 bits of SHA-256.
 */
export function awsName(text: string, max = 64): string {
  return encode(text, { kept: /^[A-Za-z0-9_+,.@-]$/, min: 2, max })
}

/**
 * Encodes any text, collision-free, into a session tag's value: at most 256 characters of
 * `[\p{L}\p{Z}\p{N}_.:/=+\-@]` (STS API, `Tag`).
 */
export function tagValue(text: string): string {
  return encode(text, { kept: /^[\p{L}\p{Z}\p{N}_.:/+\-@]$/u, min: 0, max: 256 })
}

/** A canonical subject's two parts. The directory, a URL without fragment or a short name, holds no `#`. */
function parts(subject: string): readonly [directory: string, person: string] {
  const at = subject.indexOf('#')
  return at < 0 ? ['', subject] : [subject.slice(0, at), subject.slice(at + 1)]
}

/**
 * RoleSessionName of one issuance: the person, then the issuance's id (a ULID, kept whole). It is unique,
 * and cannot be guessed: a resource policy that names a session is not held by the session policy.
 */
export function sessionName(subject: string, issuanceId: string): string {
  const id = awsName(issuanceId, 26)
  return `${awsName(parts(subject)[1], 64 - 1 - id.length)}-${id}`
}

/**
 * SourceIdentity of a person: the whole canonical subject, `ana@example.com#directory` encoded, the person
 * first so that CloudTrail names them even where the rest became a hash.
 */
export function sourceIdentity(subject: string): string {
  const [directory, person] = parts(subject)
  return awsName(subject.includes('#') ? `${person}#${directory}` : subject)
}
