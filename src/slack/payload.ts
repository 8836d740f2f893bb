import { Fault } from '../fault.js'

/** What Slack sends: JSON, or a form that has JSON as its `payload`, or a form that is itself the payload. */
export type Payload = Readonly<Record<string, unknown>>

/**
 * Reads the bytes of a request whose signature was verified. Throws `invalid_request` for what is neither, or has a
 * field of a form twice.
 */
export function readPayload(type: string | undefined, bytes: Uint8Array): Payload {
  const text = new TextDecoder().decode(bytes)
  if (/^application\/json\b/i.test(type ?? '')) return parse(text)
  const form = [...new URLSearchParams(text)]
  const fields = Object.fromEntries(form)
  if (Object.keys(fields).length !== form.length) throw unreadable()
  return fields['payload'] === undefined ? fields : parse(fields['payload'])
}

function parse(text: string): Payload {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Payload
  } catch {
    // It is said below.
  }
  throw unreadable()
}

export const unreadable = (): Fault => new Fault('invalid_request', 'This is not a payload of Slack.')
