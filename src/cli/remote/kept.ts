import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Credentials } from '../../http/contract.js'
import type { Duration, Instant } from '../../time.js'
import { stateFolder, type Place } from './settings.js'

/** Credentials that are kept on this machine until they end, and what they were issued under. */
export interface Kept {
  /** What they were asked for, whole: the file's name is only a hash of it. */
  readonly key: string
  readonly grant: string
  readonly credentials: Credentials
  readonly issuedAt: Instant
  /** When the grant's window closes; fresh credentials live no longer than that. */
  readonly endsAt: Instant
  readonly account: string
  readonly arn: string
  readonly regions: readonly string[]
}

export const keyOf = (url: string, role: string, account: string | undefined): string =>
  JSON.stringify([url, role, account ?? ''])

/** Where the credentials of a key are. Two keys with one name would only take turns. */
export const keptPath = (place: Place, key: string): string =>
  join(stateFolder(place), 'credentials', `${hash(key)}.json`)

/** A private file's credentials, if they are for this key; nothing that is not private, whole and of this user. */
export function readKept(place: Place & { readonly uid: number | undefined }, key: string): Kept | undefined {
  let file: number | undefined
  try {
    file = openSync(keptPath(place, key), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    const { mode, uid, size } = fstatSync(file)
    if (place.platform !== 'win32' && ((mode & 0o077) !== 0 || uid !== place.uid || size > 65_536))
      return undefined
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept
    return kept.key === key ? kept : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/**
 * Whether kept credentials are still worth handing out: a quarter of their life is left (five minutes are enough), or
 * they live as long as the window does, so that fresh ones would not live longer.
 */
export function isFresh({ credentials, issuedAt, endsAt }: Kept, now: Instant): boolean {
  const expires = Date.parse(credentials.expiresAt)
  const left: Duration = expires - now
  if (!(left > 5_000)) return false
  return expires >= endsAt - 1_000 || left >= Math.min((expires - issuedAt) / 4, 5 * 60_000)
}

/** What the AWS CLI and the SDKs read from a `credential_process`. */
export const processJson = ({ credentials, account }: Kept): string =>
  `${JSON.stringify({
    Version: 1,
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    SessionToken: credentials.sessionToken,
    Expiration: credentials.expiresAt,
    AccountId: account,
  })}\n`

/** FNV-1a over 64 bits, in hex. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text))
    value = ((value ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return value.toString(16).padStart(16, '0')
}
