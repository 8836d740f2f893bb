import '../support/loopback-only.js'
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { Fault } from '../../src/fault.js'
import { feedLag } from '../../src/grant/feed-lag.js'
import type { Shared, Store } from '../../src/grant/store.js'
import { createFeed, type Batch, type Sink } from '../../src/jobs/feed.js'
import { fileSink } from '../../src/jobs/sinks.js'
import { signatures, webhookSink } from '../../src/jobs/webhook.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { eventOf } from '../contract/store-values.js'
import { seqsIn, startSink } from '../support/sink.js'
import { startStint, usualRules } from '../support/stint.js'

const folder = mkdtempSync(join(tmpdir(), 'stint-feed-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
let made = 0
const fresh = (name: string) => join(folder, `${made++}-${name}`)

const [secret, next] = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [
  string,
  string,
]
let now = Date.UTC(2026, 10, 24)
const clock = () => now

async function opened(t: Test): Promise<Store> {
  const store = await openSqlite({ path: fresh('stint.db') })
  t.teardown(() => store.close())
  return store
}
const add = (store: Store, count: number) =>
  store.commit({ events: Array.from({ length: count }, () => eventOf({ at: now })) })
const textsOf = async (store: Store) => (await store.events({ limit: 1_000 })).map(({ text }) => text)

const feedOf = (store: Store, sink: Sink, format: 'ndjson' | 'ocsf' = 'ndjson') => {
  const counted: number[] = []
  const delivered = (_: string, events: number) => void counted.push(events)
  return { ...createFeed({ store, sink, format, clock, chance: () => 1, delivered }), counted }
}
const webhook = (url: string, more: object = {}) =>
  webhookSink({ url, keys: [secret], fetch, clock, within: 20_000, ...more })

t.test('signed as Standard Webhooks has it, and the receiver that the page shows can tell', async (t) => {
  const vector = ['msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}'] as const
  const known = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  t.equal(signatures(...vector, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']), known)
  const page = readFileSync(resolve(import.meta.dirname, '..', '..', '..', 'docs', 'auditing.md'), 'utf8')
  t.ok(page.includes(known), 'the page has the vector')
  const receiver = fresh('receiver.mjs')
  writeFileSync(receiver, /```js\n([^]*?)```/.exec(page)?.[1] ?? '')
  const { isFromStint } = (await import(pathToFileURL(receiver).href)) as {
    isFromStint(headers: IncomingHttpHeaders, body: string, secret: string, now: number): boolean
  }
  const store = await opened(t)
  await add(store, 3)
  const sink = await startSink(t)
  const feed = feedOf(store, webhook(sink.url, { keys: [next, secret] }))
  await feed.run()
  const [{ headers, body } = { headers: {}, body: '' }] = sink.posted
  t.equal(body, (await textsOf(store)).map((text) => `${text}\n`).join(''), 'the texts, to the byte')
  t.match(headers, { 'content-type': 'application/x-ndjson', 'webhook-id': 'stint-1-3' })
  for (const key of [secret, next]) t.equal(isFromStint(headers, body, key, now), true, 'by each key')
  t.equal(isFromStint(headers, body.replace('"seq":2', '"seq":7'), secret, now), false)
  t.equal(isFromStint({ ...headers, 'webhook-id': 'x' }, body, secret, now), false)
  t.equal(isFromStint(headers, body, secret, now + 301_000), false, 'not of now')
  t.equal(isFromStint(headers, body, `whsec_${Buffer.alloc(32, 9).toString('base64')}`, now), false)
})

t.test('whatever a sink does, every event gets there, in order, and the position follows', async (t) => {
  const store = await opened(t)
  const sink = await startSink(t)
  let feed = feedOf(store, webhook(sink.url))
  const tries = async (answer: (response: ServerResponse) => void, why: RegExp) => {
    sink.answer = answer
    now += 120_000
    await t.rejects(feed.run(), why, String(why))
  }
  await feed.run()
  t.equal(sink.posted.length, 0, 'nothing, where nothing happened')
  await add(store, 2)
  await tries((response) => response.writeHead(500).end(), /status 500/)
  await feed.run()
  t.equal(sink.posted.length, 1, 'not at once again')
  await tries((response) => response.destroy(), /fetch failed/)
  feed = feedOf(store, webhook(sink.url, { within: 200 }))
  await tries(() => undefined, /timeout|aborted/i)
  feed = feedOf(store, webhook(sink.url))
  await tries((response) => response.writeHead(307, { location: sink.url }).end(), /status 307/)
  t.equal(sink.posted.length, 4, 'no redirect is followed')
  await tries((response) => response.writeHead(301, { location: 'http://192.0.2.1/' }).end(), /status 301/)
  t.match(await feedLag(store, 'https', now), { waiting: 2 })
  t.ok((await feedLag(store, 'https', now)).lag >= 4 * 120_000)
  t.same(new Set(sink.posted.map(({ headers }) => headers['webhook-id'])), new Set(['stint-1-2']))

  sink.posted.length = 0
  sink.answer = (response) => response.writeHead(202).end('x'.repeat(100_000))
  now += 120_000
  await add(store, 1_200)
  await feed.run()
  t.same(
    seqsIn(sink.posted),
    Array.from({ length: 1_202 }, (_, n) => n + 1),
  )
  t.same(feed.counted, [500, 500, 202], 'a bounded number at once')
  t.same(await feedLag(store, 'https', now), { waiting: 0, lag: 0 })

  // Too much for it: less is sent, at once and from then on.
  sink.posted.length = 0
  sink.answer = (response) =>
    void response.writeHead(seqsIn(sink.posted.slice(-1)).length > 100 ? 413 : 204).end()
  await add(store, 300)
  for (let tried = 0; tried < 3; tried++) await feed.run().catch((error: unknown) => t.match(error, Fault))
  const taken = sink.posted.filter((one) => seqsIn([one]).length <= 100)
  t.same(
    seqsIn(taken),
    Array.from({ length: 300 }, (_, n) => n + 1_203),
  )

  // An answer that does not come does not hold up the end of the process.
  await add(store, 1)
  const patient = feedOf(store, webhook(sink.url, { within: 60_000 }))
  sink.answer = () => patient.stop()
  now += 120_000
  await t.resolves(patient.run())
  t.match(await feedLag(store, 'https', now), { waiting: 1 })
})

t.test('killed between delivery and position: the same comes again, nothing is missing', async (t) => {
  const store = await opened(t)
  const sink = await startSink(t)
  await add(store, 3)
  const dying = { ...store, commit: async () => Promise.reject(new Error('killed')) }
  await t.rejects(feedOf(dying, webhook(sink.url)).run(), /killed/)
  await add(store, 2)
  await feedOf(store, webhook(sink.url)).run()
  t.same(seqsIn(sink.posted), [1, 2, 3, 1, 2, 3, 4, 5])
})

t.test('of several processes one sends at a time, and another goes on where it stopped', async (t) => {
  const store = await opened(t)
  const sink = await startSink(t)
  let holder = { id: 0, until: 0 }
  const sharedBy = (id: number) =>
    ({
      take: async () => {
        if (holder.id !== id && holder.until > now) return false
        holder = { id, until: now + 10_000 }
        return true
      },
    }) as unknown as Shared
  const [one, other] = [1, 2].map((id) => feedOf({ ...store, shared: sharedBy(id) }, webhook(sink.url))) as [
    ReturnType<typeof feedOf>,
    ReturnType<typeof feedOf>,
  ]
  for (let round = 0; round < 5; round++) {
    await add(store, 3)
    await Promise.all([one.run(), other.run()])
  }
  t.same(
    seqsIn(sink.posted),
    Array.from({ length: 15 }, (_, n) => n + 1),
    'each event once',
  )
  t.equal(other.counted.length, 0)
  await add(store, 3)
  now += 11_000
  await other.run()
  await one.run()
  t.equal(seqsIn(sink.posted).at(-1), 18)
  t.same(other.counted, [3], 'whoever comes first when the turn is over')
})

t.test('a file has each event once, whatever it was left like', async (t) => {
  const store = await opened(t)
  const path = fresh('record.ndjson')
  const file = () => readFileSync(path, 'utf8')
  const whole = async (from = 0) =>
    (await textsOf(store))
      .slice(from)
      .map((text) => `${text}\n`)
      .join('')
  await add(store, 3)
  await feedOf(store, fileSink(path)).run()
  t.equal(file(), await whole())

  // Written, and killed before the position moved on; then torn in the middle of a line.
  await add(store, 3)
  const dying = { ...store, commit: async () => Promise.reject(new Error('killed')) }
  await t.rejects(feedOf(dying, fileSink(path)).run(), /killed/)
  await feedOf(store, fileSink(path)).run()
  t.equal(file(), await whole(), 'what was there is recognised')
  await add(store, 2)
  appendFileSync(path, (await textsOf(store))[6]?.slice(0, 40) ?? '')
  const feed = feedOf(store, fileSink(path))
  await feed.run()
  t.equal(file(), await whole(), 'what was torn is taken back')

  await add(store, 1)
  appendFileSync(path, 'not ours')
  const again = feedOf(store, fileSink(path))
  await again.run()
  t.equal(
    file(),
    `${await whole().then((text) => text.split('\n').slice(0, 8).join('\n'))}\nnot ours\n${await whole(8)}`,
  )
  renameSync(path, `${path}.1`)
  await add(store, 1)
  await again.run()
  t.equal(file(), await whole(9), 'a new one is begun')
  const nowhere = feedOf(store, fileSink(join(folder, 'no', 'where')))
  await add(store, 1)
  await t.rejects(nowhere.run(), { code: 'ENOENT' })
  const batch: Batch = { first: 1, last: 1, lines: ['{}'] }
  await t.rejects(fileSink(folder).deliver(batch, new AbortController().signal), { code: 'EISDIR' })
})

t.test('wired: nothing waits for the feed, and where it is away that is seen', async (t) => {
  const sink = await startSink(t)
  const path = fresh('record.ocsf')
  const stint = await startStint({
    rules: `${usualRules}feed: { format: ocsf, file: ${path}, stdout: true, https: "${sink.url}" }\n`,
    change: (world) => ({ ...world, env: { ...world.env, STINT_FEED_KEY: secret } }),
  })
  t.teardown(() => stint.close())
  const until = async (met: () => boolean | Promise<boolean>) => {
    for (let tries = 0; tries < 100 && !(await met()); tries++)
      await new Promise((done) => setTimeout(done, 100))
  }
  sink.answer = (response) => void response.writeHead(503).end()
  t.match(await stint.ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' }), { status: 201 })
  await until(() => sink.posted.length > 0)
  stint.clock.advance(130_000)
  const { body } = await stint.call('GET', '/readyz')
  t.match(body, { status: 'degraded' })
  const [waiting] = (body['parts']?.['feed'] as unknown as { sink: string; waiting: number }[]).filter(
    (one) => one.sink === 'https',
  )
  t.ok((waiting?.waiting ?? 0) > 0)
  const metrics = async () => (await stint.call('GET', '/metrics')).text
  t.match(await metrics(), /stint_feed_lag_seconds\{sink="https"\} 1[3-9]\d/)
  t.match(await metrics(), /stint_feed_failures_total\{sink="https"\} [1-9]/)
  t.match(stint.log.join(''), /the feed did not get through to https/)

  sink.answer = (response) => void response.writeHead(204).end()
  stint.clock.advance(130_000)
  await until(async () => /stint_feed_lag_events\{sink="https"\} 0/.test(await metrics()))
  t.match(await metrics(), /stint_feed_lag_events\{sink="https"\} 0\n/)
  const codes = (text: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{"category_uid"'))
      .map((line) => (JSON.parse(line) as { metadata: { event_code: string } }).metadata.event_code)
  const expected = ['config.loaded', 'grant.active', 'issuance.started', 'issuance.done']
  const told = [() => readFileSync(path, 'utf8'), () => stint.log.join('')]
  await until(() => told.every((text) => codes(text()).length >= 4))
  t.same(codes(readFileSync(path, 'utf8')).slice(0, 4), expected)
  t.same(codes(stint.log.join('')).slice(0, 4), expected, 'standard output')
  t.same(codes(sink.posted.at(-1)?.body ?? '').slice(0, 4), expected)
  t.notMatch(stint.log.join(''), secret.slice(6), 'no key in the log')
})
