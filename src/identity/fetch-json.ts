import { parseObject } from './strict-json.js'

/** The global `fetch` or one that behaves like it; passed in, so that no test leaves the machine by accident. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Why something could not be had, as a sentence for the operator. Not shown to callers. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure'
}

const mostBytes = 100 * 1_024

/** Whether the URL is HTTPS, or plain HTTP to this very machine, and carries no credentials. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'https:' || isLoopbackHttp(text)) && username === '' && password === ''
}

/** Whether the URL is plain HTTP to this very machine. */
export const isLoopbackHttp = (text: string): boolean =>
  URL.canParse(text) &&
  new URL(text).protocol === 'http:' &&
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(new URL(text).hostname)

/**
 * GETs a JSON object: status 200 only, no redirects, at most 100 KiB once decompressed. Throws FetchFailure.
 */
export async function fetchJson(
  fetch: Fetch,
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  if (!isSafeUrl(url)) throw new FetchFailure(`${url} is not an HTTPS address.`)
  try {
    const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new FetchFailure(`${url} answered with status ${response.status}.`)
    }
    const document = parseObject(await readCapped(response, url))
    if (!document) throw new FetchFailure(`${url} did not answer with one JSON object.`)
    return document
  } catch (error) {
    if (error instanceof FetchFailure) throw error
    const why = signal.aborted
      ? 'did not answer in time'
      : 'could not be reached, or answered with a redirect'
    throw new FetchFailure(`${url} ${why}.`, { cause: error })
  }
}

/** Counts what arrives rather than what Content-Length says. */
async function readCapped(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    // Leaving the loop cancels the body.
    if (length > mostBytes) throw new FetchFailure(`${url} answered with more than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
