import type { FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'

/** A target as it is routed: a host in it is passed over, and the first `?` or `#` ends the path. */
const parts = /^(?:https?:\/\/[^/?#]*)?([^?#]*)[?#]?(.*)$/is

/** The path as it came, without host and query. */
export const pathOf = ({ url }: FastifyRequest): string => parts.exec(url)?.[1] ?? ''

/** The query as it came, with every further `?`. */
export const queryOf = ({ url }: FastifyRequest): string => parts.exec(url)?.[2] ?? ''

/** Refuses a query that is not UTF-8 in percent-encoding: it would be searched for as it stands. */
export function checkQuery(request: FastifyRequest): void {
  if (!decodes(queryOf(request)))
    throw new Fault('invalid_request', 'The query is not UTF-8 in percent-encoding.')
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
