import { BasicTracerProvider, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import t from 'tap'
import { sendSpans } from '../../src/http/span-export.js'
import { startCollector, type Collector } from '../support/collector.js'
import { until } from '../support/slack-clicks.js'
import { startSlackStint } from '../support/slack-stint.js'
import { startStint } from '../support/stint.js'

const ask = { role: 'orders-debug', reason: 'order 42 is wedged in checkout', ticket: 'HUSH-1' }
const theirs = '4bf92f3577b34da6a3ce929d0e0e4736'

/** With the variable by which every program is told of its collector. */
const toldOf =
  ({ url }: Collector) =>
  <T extends { readonly env: Readonly<Record<string, string | undefined>> }>(same: T): T => ({
    ...same,
    env: { ...same.env, OTEL_EXPORTER_OTLP_ENDPOINT: url },
  })

t.test('a request, what it waited for, and nothing that anybody typed or holds', async (t) => {
  const collector = await startCollector()
  t.teardown(() => collector.close())
  const stint = await startSlackStint({ change: toldOf(collector) })
  const headers = {
    traceparent: `00-${theirs}-00f067aa0ba902b7-00`,
    tracestate: 'vendor=tracestate-of-a-stranger',
    baggage: 'who=baggage-of-a-stranger',
  }
  const asked = await stint.ask('ana', ask, { headers })
  t.equal(asked.status, 201)
  const denied = await stint.ask('eve', ask)
  const pending = await stint.ask('ana', { ...ask, role: 'orders-repair', ticket: 'OPS-7' })
  stint.sts.fail({ code: 'AccessDenied', status: 403, message: 'message-of-aws' })
  await stint.ask('ben', ask)
  await stint.call('GET', '/v1/grants?text=wedged&subject=corp%23ana', { as: 'cy' })
  const stray = `/nowhere/${stint.token('ana')}?q=typed-by-mistake`
  await stint.call('GET', stray, { as: { token: 'not-a-token' } })
  await until(() => stint.slack.said('C0APPROVALS').length > 0)
  await stint.close()

  const spans = collector.spans()
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const of = (answer: typeof asked) => {
    const root = spans.find(
      ({ attributes }) => attributes['stint.request'] === answer.headers.get('request-id'),
    )
    return spans.filter(({ traceId }) => traceId === root?.traceId)
  }
  const told = (answer: typeof asked) =>
    of(answer).map(({ name, parentSpanId = '' }) => `${byId.get(parentSpanId)?.name ?? ''} > ${name}`)

  t.ok(told(asked).includes(' > POST /v1/grants'), 'the request is the root')
  for (const step of ['store.commit', 'STS.AssumeRole'])
    t.ok(told(asked).includes(`stint.ask > ${step}`), step)
  t.ok(told(asked).includes('POST /v1/grants > stint.ask'))
  const [root] = of(asked).filter(({ name }) => name === 'POST /v1/grants')
  t.match(root, {
    kind: 2,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v1/grants',
      'http.response.status_code': 201,
      'stint.operation': 'ask',
    },
  })
  t.not(root?.traceId, theirs, 'a stranger’s trace is not continued')
  t.match(root?.links, [{ traceId: theirs }], 'but linked to, whatever it says of sampling')
  const committed = of(asked).filter(({ name }) => name === 'store.commit')
  t.ok(committed.some(({ attributes }) => attributes['stint.outcome'] === 'allow'))
  t.match(of(asked).find(({ name }) => name === 'STS.AssumeRole')?.attributes, {
    'rpc.method': 'STS/AssumeRole',
    'rpc.system.name': 'aws-api',
    'cloud.region': 'us-east-1',
    'aws.request_id': String,
  })
  t.ok(told(pending).length > 2)
  const [refused] = of(denied).filter(({ name }) => name === 'POST /v1/grants')
  t.equal(refused?.attributes['http.response.status_code'], 403)
  t.notOk(refused?.status.code, 'a refusal is no error of the server')
  t.match(
    spans.find(({ attributes }) => attributes['error.type'] === 'sts_denied' && 'rpc.method' in attributes),
    { status: { code: 2 } },
    'what AWS refuses is one',
  )
  t.ok(
    spans.some(({ name, attributes }) => name === 'POST' && attributes['server.address'] === '127.0.0.1'),
    'a call of Slack is told',
  )
  t.notOk(
    spans.find(({ status }) => status.message),
    'no message of an error',
  )

  const heard = collector.heard.join('\n')
  t.ok(stint.sts.secrets.length > 0)
  const hidden = [
    ...stint.sts.secrets,
    stint.token('ana'),
    stint.slack.botToken,
    ...['wedged', 'HUSH', 'OPS-7', 'typed-by-mistake', 'not-a-token', 'stranger', 'message-of-aws'],
    ...['corp#', 'corp%23', '"ana"', '"eve"', '203.0.113', 'stint-orders', '123456789012'],
  ]
  t.strictSame(
    hidden.filter((text) => heard.includes(text)),
    [],
    'no secret, token, reason, ticket, query, person, address or role',
  )
})

t.test('a collector that does not answer, or refuses, holds up nothing', async (t) => {
  const silent = await startCollector(() => undefined)
  const refusing = await startCollector((response) => void response.writeHead(400).end('no'))
  t.teardown(() => Promise.all([silent.close(), refusing.close()]))
  for (const collector of [silent, refusing]) {
    const stint = await startStint({ change: toldOf(collector) })
    t.equal((await stint.ask('ana', { ...ask, ticket: undefined })).status, 201)
    await stint.close()
    t.ok(collector.heard.length > 0, 'it was asked')
    const lines = stint.log.filter((line) => /spans/.test(line))
    t.equal(lines.length, 1, 'and one line of the log says so')
    t.match(stint.log.at(-1), /"closed"/, 'the rest ends as it should')
  }
})

t.test('what waits is bounded; what is lost is counted, and said once a minute', async (t) => {
  const counts = { sent: 0, lost: 0 }
  const said: string[] = []
  let now = 0
  let failing = false
  const taken: ReadableSpan[] = []
  const exporter: SpanExporter = {
    export(spans, done) {
      taken.push(...spans)
      done(failing ? { code: 1, error: new Error('no') } : { code: 0 })
    },
    shutdown: async () => undefined,
  }
  const processor = sendSpans(exporter, {
    clock: () => now,
    replica: 'one',
    system: 'sqlite',
    count: (outcome, spans) => (counts[outcome] += spans),
    failed: (_error, what) => void said.push(what),
  })
  const provider = new BasicTracerProvider({ spanProcessors: [processor] })
  const make = (spans: number) => {
    for (let nth = 0; nth < spans; nth++) {
      const span = provider
        .getTracer('test')
        .startSpan('one', { attributes: { secret: 'x', 'error.type': 'y' } })
      span.addEvent('secret').recordException(new Error('secret'))
      span.end()
    }
  }
  make(3_000)
  await provider.forceFlush()
  t.equal(counts.sent + counts.lost, 3_000, 'each is accounted for')
  t.ok(counts.lost >= 3_000 - 2_048 - 512, 'and what found no room is lost')
  t.strictSame(taken[0]?.attributes, { 'error.type': 'y' }, 'what is not listed is not told')
  t.strictSame(taken[0]?.events, [])
  failing = true
  for (const at of [0, 59_000, 60_000, 61_000]) {
    now = at
    make(1)
    await provider.forceFlush()
  }
  t.equal(said.length, 2, 'once a minute')
  t.equal(counts.sent + counts.lost, 3_004)
  await provider.shutdown()
})
