import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { Fault } from '../fault.js'
import type { Change, Committed } from '../grant/store.js'
import type { Ports, TracesOptions } from './traces.js'

/** What does not wait for anything is part of the verb's or the request's own time. */
const atOnce: readonly string[] = ['me', 'roles', 'explainPolicy', 'close']

/** Makes spans around what a request waits for. They say nothing that somebody typed, and name no person. */
export function tracedPorts(tracer: Tracer, system: TracesOptions['system']): Ports {
  /** Does the work in a span of its own. */
  async function inSpan<T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    const span = tracer.startSpan(name, { kind, attributes })
    try {
      return await context.with(trace.setSpan(context.active(), span), work, undefined, span)
    } catch (error) {
      const { code, status } = error instanceof Fault ? error : { code: 'internal', status: 500 }
      fail(span, code, status)
      throw error
    } finally {
      span.end()
    }
  }

  return {
    verbs: (verbs) => each(verbs, (name, run) => inSpan(`stint.${name}`, SpanKind.INTERNAL, {}, run)),
    store: (store) =>
      each(store, (name, run, [change]) => {
        if (!trace.getActiveSpan()) return run()
        const attributes = { 'db.system.name': system, 'db.operation.name': name }
        return inSpan(`store.${name}`, SpanKind.CLIENT, attributes, async (span) => {
          const answer = await run()
          if (name === 'commit') describeCommit(span, change as Change, answer as Committed)
          return answer
        })
      }),
    mint: (mint) => ({
      ...mint,
      assume: (order) =>
        inSpan('STS.AssumeRole', SpanKind.CLIENT, aws('STS/AssumeRole', order.region), async (span) => {
          const minted = await mint.assume(order)
          if (minted.requestId !== undefined) span.setAttribute('aws.request_id', minted.requestId)
          if (!minted.ok) fail(span, minted.fault.code, minted.fault.status)
          return minted
        }),
    }),
    deny: (deny) => ({
      write(order) {
        // The write that matters; what is looked up before it is part of its time.
        const method = order.how === 'inline' ? 'PutRolePolicy' : 'AttachRolePolicy'
        return inSpan(`IAM.${method}`, SpanKind.CLIENT, aws(`IAM/${method}`), async (span) => {
          const denied = await deny.write(order)
          if (denied.ok && denied.requestId !== undefined)
            span.setAttribute('aws.request_id', denied.requestId)
          if (!denied.ok) fail(span, denied.fault)
          return denied
        })
      },
    }),
    fetch: (fetch) => (url, init) => {
      // Slack's addresses can have a token in their path: the host says enough.
      const { hostname, port } = new URL(url)
      const method = init.method ?? 'GET'
      const attributes = {
        'http.request.method': method,
        'server.address': hostname,
        ...(port !== '' && { 'server.port': Number(port) }),
      }
      return inSpan(method, SpanKind.CLIENT, attributes, async (span) => {
        const response = await fetch(url, init)
        span.setAttribute('http.response.status_code', response.status)
        if (!response.ok) fail(span, String(response.status))
        return response
      })
    },
  }
}

const aws = (method: string, region?: string): Attributes => ({
  'rpc.system.name': 'aws-api',
  'rpc.method': method,
  ...(region !== undefined && { 'cloud.region': region }),
})

/** To refuse is what a verb is for: only what went wrong is an error. */
function fail(span: Span, type: string, status = 500): void {
  span.setAttribute('error.type', type)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}

function describeCommit(span: Span, { events, grant, expect }: Change, committed: Committed): void {
  span.setAttribute('stint.events', [...new Set(events.map(({ kind }) => kind))])
  if (!committed.ok) span.setAttribute('stint.conflict', committed.conflict)
  if (grant && expect?.some(({ version }) => version === 0))
    span.setAttribute('stint.outcome', grant.decision.outcome)
}

/** The same object, with each function that waits for something done by `span`. */
function each<T extends object>(
  object: T,
  span: (name: string, run: () => Promise<unknown>, args: readonly unknown[]) => Promise<unknown>,
): T {
  const members = Object.entries(object).map(([name, member]) => {
    if (typeof member !== 'function' || atOnce.includes(name)) return [name, member]
    const run = member as (...args: readonly unknown[]) => Promise<unknown>
    return [name, (...args: readonly unknown[]) => span(name, () => run(...args), args)]
  })
  return Object.fromEntries(members) as T
}
