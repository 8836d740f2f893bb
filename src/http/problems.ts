import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import type { Requirement } from '../approval/rule.js'
import type { Decision } from '../decision/decision.js'
import { Fault, type FaultCode } from '../fault.js'
import { shell, wantsShell } from './accept.js'
import { notJson } from './headers.js'
import { renderChecks, renderDecision, renderRequirements } from './render.js'
import { complaint } from './shell.js'
import { challenge } from './tokens.js'

const titles: Readonly<Record<FaultCode, string>> = {
  invalid_request: 'Invalid request',
  unauthenticated: 'Not signed in',
  denied: 'Denied',
  forbidden: 'Not yours to do',
  not_found: 'Not found',
  method_not_allowed: 'No such method',
  not_acceptable: 'No such form',
  conflict: 'Not in this state',
  contended: 'Changed meanwhile',
  in_flight: 'Still being answered',
  body_too_large: 'Body too large',
  unsupported_media_type: 'Not JSON',
  key_reused: 'Key used before',
  rate_limited: 'Too many requests',
  internal: 'Internal fault',
  sts_denied: 'STS refused',
  sts_rejected: 'STS rejected the request',
  sts_policy_too_large: 'Scope too large for STS',
  sts_region_disabled: 'STS is off in the region',
  sts_broker_credentials: "Stint's own AWS credentials",
  sts_throttled: 'STS is busy',
  sts_unreachable: 'STS not reached',
  store_unavailable: 'Record not available',
  keys_unavailable: "Issuer's keys not available",
  record_behind: 'Record too old',
  rules_unsettled: 'Rules not agreed',
  overloaded: 'Too busy',
  shutting_down: 'Shutting down',
  invalid_config: 'Invalid configuration',
}

/** What may stand in a problem beside its own members, in the contract's form. Anything else stays inside. */
const members: Readonly<Record<string, (value: never) => unknown>> = {
  checks: (checks: Decision['checks']) => renderChecks(checks),
  decision: (decision: Decision) => renderDecision(decision),
  requirements: (requirements: readonly Requirement[]) => renderRequirements(requirements),
  grant: (id: string) => id,
  state: (state: string) => state,
  parts: (parts: object) => parts,
}

/** A fault as a problem (RFC 9457). */
export function problem(fault: Fault, request: string): Readonly<Record<string, unknown>> {
  const { code, detail, status } = fault
  const more = Object.entries(fault.members).flatMap(([name, value]) => {
    const render = members[name]
    return render && value !== undefined ? [[name, render(value as never)] as const] : []
  })
  const type = `urn:stint:problem:${code}`
  return { type, title: titles[code], status, code, detail, request, ...Object.fromEntries(more) }
}

/** Answers a request with a fault; in the shell's form where the operation has one and it was asked for. */
export function refuse(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  // Said here too: a URL that cannot be routed meets no hook.
  reply.code(fault.status).headers({ 'Request-Id': request.id, 'Cache-Control': 'no-store' })
  if (fault.retryAfter !== undefined) reply.header('Retry-After', Math.ceil(fault.retryAfter))
  if (fault.code === 'unauthenticated') reply.header('WWW-Authenticate', challenge(request, fault))
  if (request.routeOptions.config?.shell && wantsShell(request.headers.accept)) {
    // Where STS failed the grant is active all the same.
    const grant = fault.code.startsWith('sts_') ? fault.members['grant'] : undefined
    const collect =
      grant === undefined ? '' : ` Collect later with POST /v1/grants/${String(grant)}/credentials.`
    const line = complaint(`${fault.detail}${collect} (${fault.code}, request ${request.id})`)
    return reply.type(`${shell}; charset=utf-8`).send(line)
  }
  // A buffer: text would be answered with a charset, which problems do not have.
  const body = Buffer.from(JSON.stringify(problem(fault, request.id)))
  return reply.type('application/problem+json').send(body)
}

/** Whatever was thrown, as a fault. What is not one of ours or Fastify's says nothing about itself. */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = frameworkFaults[code]
  if (known) return new Fault(...known, { cause: error })
  return new Fault(
    'internal',
    'Something went wrong inside Stint. Its operators find it in the log by the request id.',
    { cause: error },
  )
}

const frameworkFaults: Readonly<Record<string, readonly [FaultCode, string]>> = {
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL.'],
  FST_ERR_MAX_PARAM_LENGTH: ['invalid_request', "The path's `id` must be a ULID (26 characters)."],
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ['invalid_request', 'The request says no Content-Type.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', notJson],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body may have 64 KiB at most.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'invalid_request',
    'The body is not as long as its Content-Length says.',
  ],
  ECONNRESET: ['invalid_request', 'The connection closed before the body was here.'],
}

/** Answers what Node's own parser refuses, before there is a request: the socket is all there is. */
export function refuseConnection(error: { readonly code: string }, socket: Socket, request: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const fault = new Fault('invalid_request', connectionFaults[error.code] ?? 'This is not HTTP/1.1.')
  const body = JSON.stringify(problem(fault, request))
  const head = [
    `HTTP/1.1 ${fault.status} Bad Request`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Request-Id: ${request}`,
    'Cache-Control: no-store',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const connectionFaults: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The request line and headers may have 32 KiB at most.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive.',
}
