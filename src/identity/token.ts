import { parseObject } from './strict-json.js'

/** The parts of a compact JWS (RFC 7515), read but not verified. */
export interface Unverified {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

const compact = /^([\w-]+)\.([\w-]+)\.[\w-]*$/

/** Reads a token without believing it; undefined when it is not three parts of which two are strict JSON. */
export function readToken(text: string): Unverified | undefined {
  const [, head, body] = compact.exec(text) ?? []
  if (head === undefined || body === undefined) return undefined
  const header = parseObject(Buffer.from(head, 'base64url'))
  const payload = parseObject(Buffer.from(body, 'base64url'))
  return header && payload && { header, payload }
}
