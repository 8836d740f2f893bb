import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api'
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import type { Duration, Instant } from '../time.js'
import type { TracesOptions } from './traces.js'

/** How long the collector may take for one batch, trying again included. */
export const patience: Duration = 2_000

/** Spans that wait at most; what comes then is lost, and counted. */
const mostWaiting = 2_048

const quiet: Duration = 60_000

/** All that a span may say, whoever made it: names of Stint's own, numbers, and the ids that are on the record. */
const told: readonly string[] = [
  'aws.request_id',
  'cloud.region',
  'db.operation.name',
  'db.system.name',
  'error.type',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'rpc.method',
  'rpc.system.name',
  'server.address',
  'server.port',
  'stint.conflict',
  'stint.events',
  'stint.operation',
  'stint.outcome',
  'stint.request',
]

/**
 * What becomes of ended spans: they wait in a bounded queue, and go to `exporter` in batches. Nobody waits for it. A
 * collector that is slow, gone or full costs spans and nothing else.
 */
export function sendSpans(exporter: SpanExporter, options: TracesOptions): SpanProcessor {
  const { clock, count, failed } = options
  let waiting = 0
  let toldAt: Instant = -Infinity

  const batches = new BatchSpanProcessor(
    {
      export(spans, done) {
        waiting -= spans.length
        exporter.export(spans.map(clean), (result) => {
          count(result.error || result.code !== 0 ? 'lost' : 'sent', spans.length)
          if (result.code !== 0 && clock() - toldAt >= quiet) {
            toldAt = clock()
            failed(result.error, 'spans were not taken by the collector')
          }
          // Said above: to the queue they are gone either way.
          done({ code: 0 })
        })
      },
      shutdown: () => exporter.shutdown(),
    },
    { maxQueueSize: mostWaiting, maxExportBatchSize: 512, scheduledDelayMillis: 2_000 },
  )
  return {
    onStart: () => undefined,
    onEnd(span) {
      if (waiting >= mostWaiting) return count('lost', 1)
      waiting++
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  }
}

/**
 * The span with nothing in it that is not in the list: no message of an error, no event, no target. To a server a
 * refusal is no error (OpenTelemetry, "Semantic conventions for HTTP spans", status).
 */
function clean(span: ReadableSpan): ReadableSpan {
  const { kind, status } = span
  const fine = kind === SpanKind.SERVER && Number(span.attributes['http.response.status_code']) < 500
  return Object.create(span, {
    attributes: { value: listed(span.attributes) },
    events: { value: [] },
    status: { value: { code: fine ? SpanStatusCode.UNSET : status.code } },
  }) as ReadableSpan
}

const listed = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => told.includes(name)))
