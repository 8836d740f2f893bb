import type { FastifyReply, FastifyRequest } from 'fastify'
import { beginningLine, type Beginning } from '../audit/beginning.js'
import type { Entry } from '../audit/event.js'
import { csvLine, eventColumns, type Cell } from '../audit/format.js'
import { checkpointLine } from '../audit/verification.js'
import type { Grant } from '../grant/grant.js'
import type { Kept } from '../grant/seal.js'
import { csv, json, ndjson } from './accept.js'
import { renderCheckpoint, renderEntry, renderGrant } from './render.js'
import { queryOf } from './target.js'

/** The forms in which lists come. */
export const listForms = [json, ndjson, csv] as const
type ListForm = (typeof listForms)[number]

/** A page of a list: its rows as JSON, as flat rows for CSV, and the cursor of the next page. */
interface Listed<R extends object> {
  readonly name: string
  readonly items: readonly object[]
  /** One JSON text a line; of events the text that was hashed, to the byte. */
  readonly lines: readonly string[]
  readonly rows: readonly R[]
  readonly columns: readonly (keyof R & string)[]
  readonly cursor: string
  readonly next: string | number | undefined
}

/** Sends a page in the form that was asked for, with a link to the next page in any of them. */
export function sendList<R extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  form: ListForm,
  page: Listed<R>,
): FastifyReply {
  const { name, items, lines, rows, columns, cursor, next } = page
  const cells = (row: R) => columns.map((column) => row[column] as Cell)
  if (next !== undefined) reply.header('Link', `<${nextUrl(request, cursor, next)}>; rel="next"`)
  reply.type(`${form}; charset=utf-8`)
  if (form === csv) return reply.send([columns, ...rows.map(cells)].map(csvLine).join(''))
  if (form === ndjson) return reply.send(lines.map((line) => `${line}\n`).join(''))
  return reply.send(JSON.stringify({ [name]: items, next }))
}

export function listGrants(grants: readonly Grant[], next: string | undefined) {
  const items = grants.map(renderGrant)
  const rows = items.map(({ asker, decision, review, scope: _, ...grant }) => ({
    ...grant,
    outcome: decision.outcome,
    costUsd: decision.cost?.usd,
    costUnbounded: decision.cost?.unbounded,
    subject: asker.subject,
    kind: asker.kind,
    actor: asker.actor,
    address: asker.address,
    review: review?.state,
    reviewedBy: review?.by,
  }))
  const lines = items.map((item) => JSON.stringify(item))
  return { name: 'grants', items, lines, rows, columns: grantColumns, cursor: 'before', next } as const
}

export function listEntries(entries: readonly Entry[], next: number | undefined, beginning?: Beginning) {
  const items = entries.map(renderEntry)
  const lines = [...(beginning ? [beginningLine(beginning)] : []), ...entries.map(({ text }) => text)]
  return { name: 'events', items, lines, rows: items, columns: eventColumns, cursor: 'after', next } as const
}

export function listKept(kept: readonly Kept[], next: number | undefined) {
  const items = kept.map(renderCheckpoint)
  const lines = kept.map(({ note }) => checkpointLine(note))
  const columns = ['size', 'at', 'note'] as const
  return { name: 'checkpoints', items, lines, rows: items, columns, cursor: 'after', next } as const
}

const grantColumns = [
  'id',
  'state',
  'outcome',
  'costUsd',
  'costUnbounded',
  'role',
  'account',
  'accountName',
  'subject',
  'kind',
  'actor',
  'address',
  'reason',
  'ticket',
  'createdAt',
  'decideBy',
  'activeAt',
  'endsAt',
  'closedAt',
  'closedBy',
  'closedReason',
  'review',
  'reviewedBy',
] as const

/** The same request with the cursor moved on. The path is the route's own: a target may name any host. */
function nextUrl(request: FastifyRequest, cursor: string, next: string | number): string {
  const parameters = new URLSearchParams(queryOf(request))
  parameters.set(cursor, String(next))
  return `${request.routeOptions.url}?${parameters.toString()}`
}
