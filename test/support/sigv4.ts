import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock, Instant } from '../../src/time.js'

/** Keys that sign: a user's or, with a token, a session's. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** A request as it is on the wire. `target` is path and query; header names are lower case. */
export interface Wire {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Verified =
  | { readonly ok: true; readonly accessKeyId: string; readonly region: string }
  | {
      readonly ok: false
      /** What is wrong: no signature, half of one, a key or token nobody knows, its time, or itself. */
      readonly because: 'missing' | 'incomplete' | 'unknown' | 'time' | 'mismatch'
    }

/** AWS takes a signature for a quarter of an hour to either side of its own clock. */
const window = 15 * 60_000

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

/** RFC 3986: everything but the unreserved characters. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

function canonicalRequest({ method, target, headers, body }: Wire, signed: readonly string[]): string {
  const [path = '/', query = ''] = target.split('?', 2)
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return [
    method,
    path.split('/').map(encode).join('/'),
    pairs.sort().join('&'),
    ...signed.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    sha256(body),
  ].join('\n')
}

interface Scope {
  readonly day: string
  readonly region: string
  readonly service: string
}

function signatureOf(
  wire: Wire,
  signed: readonly string[],
  at: string,
  scope: Scope,
  secret: string,
): string {
  const { day, region, service } = scope
  const text = [
    'AWS4-HMAC-SHA256',
    at,
    `${day}/${region}/${service}/aws4_request`,
    sha256(canonicalRequest(wire, signed)),
  ].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

/** `20261122T100000Z`. */
const compact = (at: Instant) => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')

function instantOf(text: string): Instant {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** The request's headers with its signature added. `headers` must hold `host`. */
export function sign(
  wire: Wire,
  keys: Keys,
  { region, service, clock }: { region: string; service: string; clock: Clock },
): Record<string, string> {
  const at = compact(clock())
  const headers = {
    ...wire.headers,
    'x-amz-date': at,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  }
  const scope = { day: at.slice(0, 8), region, service }
  const signed = Object.keys(headers).sort()
  const signature = signatureOf({ ...wire, headers }, signed, at, scope, keys.secretAccessKey)
  const credential = `${keys.accessKeyId}/${scope.day}/${region}/${service}/aws4_request`
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed.join(';')}, Signature=${signature}`,
  }
}

const same = (left: string, right: string) =>
  left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))

/**
 * Checks a signature of version 4 as AWS does (IAM user guide, "Create a signed AWS API request"): its
 * scope, its time, that host and every `x-amz-` header are under it, the body, and the session token.
 */
export function verify(
  wire: Wire,
  keysOf: (accessKeyId: string) => Keys | undefined,
  { service, clock }: { service: string; clock: Clock },
): Verified {
  const { headers } = wire
  if (!headers.authorization) return { ok: false, because: 'missing' }
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization,
    )
  const at = headers['x-amz-date'] ?? ''
  if (!parts || Number.isNaN(instantOf(at))) return { ok: false, because: 'incomplete' }
  const [, accessKeyId = '', day = '', region = '', scoped = '', names = '', signature = ''] = parts
  const signed = names.split(';')
  const due = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  if (!due.every((name) => signed.includes(name))) return { ok: false, because: 'incomplete' }

  const keys = keysOf(accessKeyId)
  if (!keys || !same(headers['x-amz-security-token'] ?? '', keys.sessionToken ?? ''))
    return { ok: false, because: 'unknown' }
  if (Math.abs(instantOf(at) - clock()) > window || !at.startsWith(day)) return { ok: false, because: 'time' }

  const hash = headers['x-amz-content-sha256']
  const right = signatureOf(wire, signed, at, { day, region, service: scoped }, keys.secretAccessKey)
  if (scoped !== service || (hash && hash !== sha256(wire.body)) || !same(signature, right))
    return { ok: false, because: 'mismatch' }
  return { ok: true, accessKeyId, region }
}
