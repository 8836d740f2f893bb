import type { ServerResponse } from 'node:http'
import { mustHoldNoSecret } from './canary.js'
import { listen, readWire } from './wire.js'

/** A span as it was sent, as far as the tests read it. */
export interface SentSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links: readonly { readonly traceId: string; readonly traceState?: string }[]
  readonly status: { readonly code?: number; readonly message?: string }
}

export interface Collector {
  readonly url: string
  /** Every byte that came, as text. */
  readonly heard: readonly string[]
  spans(): readonly SentSpan[]
  close(): Promise<void>
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly (Omit<SentSpan, 'attributes'> & Attributes)[] }[]
  }[]
}
interface Attributes {
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

/** Takes OTLP over HTTP on loopback, and keeps it. `answer` replaces its own, which is that all is well. */
export async function startCollector(
  answer: (response: ServerResponse) => void = (response) => void response.end('{}'),
): Promise<Collector> {
  const heard: string[] = []
  const bodies: string[] = []
  const server = await listen(async (request, response) => {
    const { target, headers, body } = await readWire(request)
    heard.push(`${target}\n${JSON.stringify(headers)}\n${body}`)
    bodies.push(body)
    answer(response)
  })
  return {
    url: server.url,
    heard,
    spans: () =>
      bodies
        .flatMap((body) => (JSON.parse(body) as Sent).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map(({ attributes, ...span }) => ({
          ...span,
          attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
        })),
    async close() {
      await server.close()
      mustHoldNoSecret({ 'a span': heard.join('\n') })
    },
  }
}
