import { Fault } from '../fault.js'
import { contains, parseAddress } from './network.js'
import type { Range } from './network.js'

const longestHeader = 4_096
const mostEntries = 50

/**
 * Where the request comes from, as canonical text. `socket` is the peer's address, `forwardedFor` the lines of
 * X-Forwarded-For as they came. The header counts only where the peer is a trusted proxy: it is read from the
 * right, past trusted proxies, and the first untrusted entry is the client, since everything left of it is
 * whatever the client chose to send. When every entry is a trusted proxy, the leftmost is the client.
 * Throws `invalid_request` wherever the address cannot be told.
 */
export function clientAddress(
  socket: string | undefined,
  forwardedFor: readonly string[],
  trusted: readonly Range[],
): string {
  const isTrusted = (address: string) => trusted.some((range) => contains(range, address))
  const peer = socket === undefined ? undefined : parseAddress(socket)
  if (peer === undefined) throw unknown('the connection has no address that can be read')
  if (!isTrusted(peer)) return peer

  const header = forwardedFor.join(',')
  if (header.trim() === '') throw unknown('it came through a trusted proxy that sent no X-Forwarded-For')
  if (header.length > longestHeader)
    throw unknown(`X-Forwarded-For is longer than ${longestHeader} characters`)
  const entries = header.split(',')
  if (entries.length > mostEntries) throw unknown(`X-Forwarded-For has more than ${mostEntries} entries`)

  let client = peer
  for (const entry of entries.reverse()) {
    const address = parseAddress(entry.replace(/^[ \t]+|[ \t]+$/g, ''))
    if (address === undefined) throw unknown('X-Forwarded-For holds an entry that is not a plain IP address')
    client = address
    if (!isTrusted(address)) break
  }
  return client
}

const unknown = (why: string): Fault =>
  new Fault('invalid_request', `The address of the request cannot be told: ${why}.`)
