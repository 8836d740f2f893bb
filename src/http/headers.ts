import type { FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'

/**
 * How many lines of a header came; `name` is in lower case. Node keeps the first of some headers and joins others,
 * and a proxy may have judged another line than the one that is kept.
 */
export const linesOf = (request: FastifyRequest, name: string): number =>
  request.raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length

/** What HTTP asks of any request (RFC 9112 section 3.2, RFC 9110 section 10.1.1). Throws `invalid_request`. */
export function checkRequest(request: FastifyRequest): void {
  if (request.raw.httpVersion === '1.1' && linesOf(request, 'host') !== 1)
    throw new Fault('invalid_request', 'A request by HTTP/1.1 has one Host header.')
  const { expect = '100-continue' } = request.headers
  if (expect.toLowerCase() !== '100-continue')
    throw new Fault('invalid_request', 'The only expectation that is met is 100-continue.')
}

/** JSON has no parameters (RFC 8259 section 11); this one is usual and says what is so anyway. */
const jsonInUtf8 = /^application\/json[ \t]*(;[ \t]*charset=("utf-8"|utf-8)[ \t]*)?$/i

/**
 * A body is JSON as it is, and says so once: what a proxy could decode otherwise is refused. Throws
 * `unsupported_media_type`, or `invalid_request` for a body on a GET, which Fastify would drop in silence.
 */
export function checkContent(request: FastifyRequest): void {
  const { method, headers } = request
  const isSent = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
  if (method === 'GET') {
    if (isSent) throw new Fault('invalid_request', 'This operation takes no body.')
    return
  }
  const { 'content-type': type, 'content-encoding': encoding = 'identity' } = headers
  const isJson = type === undefined || (jsonInUtf8.test(type) && linesOf(request, 'content-type') === 1)
  if (!isJson || encoding.toLowerCase() !== 'identity') throw new Fault('unsupported_media_type', notJson)
}

export const notJson =
  'Send the body as JSON in UTF-8, uncompressed, with one `Content-Type: application/json`.'
