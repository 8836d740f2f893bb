import { FastifyOtelInstrumentation } from '@fastify/otel'
import { context, TraceFlags, type Span } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import type { FastifyRequest } from 'fastify'
import { within } from '../mint/within.js'
import { version } from '../version.js'
import { patience, sendSpans } from './span-export.js'
import { tracedPorts } from './span-ports.js'
import type { Traces, TracesOptions } from './traces.js'

/** A caller's `traceparent`, in the only version there is (W3C Trace Context, "traceparent header"). */
const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/

/**
 * Makes spans: one for a request, and within it one for the verb and for whatever the verb waits for. A caller's own
 * trace is linked to and never continued: whether and where Stint's spans are kept is not for strangers to say. What
 * else they send with it (`tracestate`, `baggage`) is not read, and nothing is sent on to AWS, Slack and issuers.
 */
export function createTraces(url: string, options: TracesOptions): Traces {
  // For the process as a whole, as the library has it; a second one is the same.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: patience })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'stint',
      'service.version': version,
      'service.instance.id': options.replica,
    }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [sendSpans(exporter, options)],
  })
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false,
    requestHook: describe,
  })
  instrumentation.setTracerProvider(provider)

  return {
    ...tracedPorts(provider.getTracer('stint', version), options.system),
    async register(app) {
      await app.register(instrumentation.plugin())
      // A body comes in the connection's own context, and the request's is lost over it.
      app.addHook('preHandler', (request, _reply, done) => {
        const { context: own } = request.opentelemetry()
        if (own) context.with(own, done)
        else done()
      })
    },
    close: () =>
      within(patience + 1_000, () => provider.shutdown()).catch((error: unknown) =>
        options.failed(error, 'the last spans were not sent'),
      ),
  }
}

/** Names a request by its route. The target itself is not told: what somebody typed may stand in it. */
function describe(span: Span, { id, method, headers, routeOptions }: FastifyRequest): void {
  const { url, config } = routeOptions
  span.updateName(url === undefined ? method : `${method} ${url}`)
  span.setAttributes({ 'stint.request': id, 'stint.operation': config?.operation ?? 'none' })
  const [, traceId, spanId] = traceparent.exec(String(headers['traceparent'])) ?? []
  if (traceId !== undefined && spanId !== undefined)
    span.addLink({ context: { traceId, spanId, traceFlags: TraceFlags.NONE, isRemote: true } })
}
