import '../support/loopback-only.js'
import fc from 'fast-check'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { recordSplitter } from '../../src/cli/local/trail-records.js'
import { createMachine, startOpenStint } from '../support/command-line.js'
import { typed } from '../support/in-process.js'
import { assumeRole, call } from '../support/trail-events.js'
import { dayOf, oddities } from '../support/trail.js'

const wrapped = (events: readonly unknown[]): string => JSON.stringify({ Records: events })

t.test('a trail is split into its events, wherever it is cut and however it is wrapped', async (t) => {
  const event = fc.dictionary(fc.string(), fc.jsonValue()).filter((one) => !('Records' in one))
  const forms: readonly ((events: readonly unknown[]) => string)[] = [
    wrapped,
    (events) => JSON.stringify({ Records: events }, null, 1),
    (events) => JSON.stringify(events),
    (events) => events.map((one) => `${JSON.stringify(one)}\n`).join(''),
    (events) => events.map((one) => wrapped([one])).join('\r\n'),
  ]
  fc.assert(
    fc.property(
      fc.array(event),
      fc.nat(forms.length - 1),
      fc.integer({ min: 1, max: 40 }),
      (events, form, size) => {
        const bytes = Buffer.from(forms[form]!(events))
        const splitter = recordSplitter()
        const texts: string[] = []
        for (let at = 0; at < bytes.length; at += size)
          texts.push(...splitter.take(bytes.subarray(at, at + size)))
        splitter.end()
        t.strictSame(
          texts.map((text): unknown => JSON.parse(text)),
          JSON.parse(JSON.stringify(events)),
        )
      },
    ),
    { numRuns: 200 },
  )
  for (const [text, fault] of [
    ['hello', /no JSON/],
    ['{}}', /no JSON/],
    ['{"Records":[{"a":1}', /ends too early/],
    ['{"a":"', /ends too early/],
    [`{"a":"${'x'.repeat(9 << 20)}`, /more than 8 MiB/],
  ] as const)
    t.throws(() => {
      const splitter = recordSplitter()
      splitter.take(Buffer.from(text))
      splitter.end()
    }, fault)
})

t.test('a folder of logs against an export: everything odd, and what could not be read', async (t) => {
  const { home } = createMachine(t, {})
  const run = (args: readonly string[]) => typed(args, {})
  const file = (name: string, content: string | Buffer) => writeFileSync(join(home, name), content)
  const { record, trail } = dayOf(7, 24, new Set(oddities))
  file('record.ndjson', record.map((line) => `${line}\n`).join(''))
  const [one, two, three] = [0, 1, 2].map((third) => trail.filter((_, at) => at % 3 === third))
  for (const folder of ['logs/2026/11', 'logs/CloudTrail-Digest/2026'])
    mkdirSync(join(home, folder), { recursive: true })
  file('logs/2026/a.json.gz', gzipSync(wrapped(one ?? [])))
  file('logs/2026/11/b.ndjson', (two ?? []).map((event) => JSON.stringify(event)).join('\n'))
  const lookup = {
    Events: (three ?? []).map((event) => ({ EventId: 'x', CloudTrailEvent: JSON.stringify(event) })),
  }
  file('logs/2026/11/c.json', JSON.stringify(lookup))
  file('logs/CloudTrail-Digest/2026/d.json.gz', gzipSync('{"digestStartTime":"x"}'))
  file('logs/readme.txt', 'not a log')
  symlinkSync(join(home, 'logs'), join(home, 'logs/2026/round'))

  const of = (...more: readonly string[]) =>
    run(['audit', 'correlate', join(home, 'logs'), '--record', join(home, 'record.ndjson'), ...more])
  const found = await of('--days', '1')
  t.equal(found.code, 11, found.err)
  t.equal(found.err, '')
  for (const line of [
    /^The trail: \d+ events of 3 files, 2026-11-22T23:00:00Z to 2026-11-24T06:00:00Z$/m,
    /^4 +sessions that no grant is of$/m,
    /^1 +issuances without AssumeRole in the trail, of 21 in its time$/m,
    /orders-ops in 123456789012 +AssumeRole by arn:aws:sts::999999999999:assumed-role\/mallory/,
    /revoked 2026-11-23T\d\d:\d\d:00Z +1, last .* denied in AWS since minutes$/m,
    /rds:DeleteDBCluster +arn:aws:rds:us-east-1:123456789012:cluster:orders/,
    /actions granted and never used: sqs:DeleteQueue$/m,
    /^ {10}- actions:\n {14}- rds:DescribeDBInstances\n {14}- rds:RebootDBInstance\n {14}- ec2:DescribeInstances\n {12}resources:$/m,
  ])
    t.match(found.out, line)
  t.match(await of(), { out: /too little to propose anything by/ }, 'a day is not 90 days')

  // Texts of CloudTrail are somebody else's, and a torn file is no reason to tell nothing.
  const hostile = assumeRole({
    stint: { role: 'orders-ops', session: 'x', key: 'ASIAHOSTILE', subject: 'corp#x', at: 0 },
    at: Date.UTC(2026, 10, 23, 12),
    requestId: 'r',
    by: '\u001b]0;owned\u0007\u202e',
  })
  file('logs/2026/e.json', wrapped([...hostile, {}, null, 7, { eventSource: 1 }]))
  file('logs/2026/f.json.gz', gzipSync(wrapped(trail)).subarray(0, 2_000))
  file('logs/2026/g.json', '{"Records":[{]}')
  const torn = await of('--days', '1', '--json')
  t.equal(torn.code, 11)
  t.match(torn.err, /e\.json was not read whole: 2 of it are no events of CloudTrail \(2 events/)
  t.match(torn.err, /f\.json\.gz was not read whole: it ends too early/)
  t.match(torn.err, /g\.json was not read whole/)
  const { bypasses, trail: read } = JSON.parse(torn.out) as {
    bypasses: unknown[]
    trail: { unread: unknown[] }
  }
  t.match([bypasses.length, read.unread.length], [5, 3])
  t.notMatch(`${torn.out}${(await of('--all')).out}`, /[\u001b\u0007\u202e]/)

  for (const [args, code, err] of [
    [[join(home, 'none')], 2, /none cannot be read \(ENOENT\)/],
    [[join(home, 'logs/CloudTrail-Digest')], 2, /There is no log of CloudTrail in/],
    [['s3://'], 2, /is no place in S3/],
    [['logs', '--days', '0'], 2, /0 is no number of days/],
    [['logs', '--data-events', 'dynamo'], 2, /dynamo is no service/],
    [['logs', '--config', 'none.yaml'], 2, /none\.yaml cannot be read/],
  ] as const)
    t.match(await run(['audit', 'correlate', ...args, '--record', join(home, 'record.ndjson')]), {
      code,
      err,
    })
})

/** As much of S3 as a trail is read by: ListObjectsV2 a page at a time, GetObject. */
async function startS3(t: Test, objects: ReadonlyMap<string, Buffer>): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://s3')
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'))
    if (key !== '') return void response.end(objects.get(key))
    const [prefix, after] = [
      url.searchParams.get('prefix') ?? '',
      url.searchParams.get('continuation-token') ?? '',
    ]
    const keys = [...objects.keys()].filter((one) => one.startsWith(prefix) && one > after).sort()
    const page = keys.slice(0, 2)
    const more = keys.length > page.length
    const contents = page.map((one) => `<Contents><Key>${one}</Key></Contents>`).join('')
    const token = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<ListBucketResult><IsTruncated>${more}</IsTruncated>${token}${contents}</ListBucketResult>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a bucket against the broker: what it issued is what the trail has', async (t) => {
  const stint = await startOpenStint(t)
  const { env, run } = createMachine(t, { STINT_URL: stint.url, STINT_TOKEN: stint.token('cy') })
  Object.assign(env, { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'test' })
  const asked = await stint.ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' })
  const { body } = await stint.call('GET', `/v1/grants/${String(asked.body['grant']?.['id'])}`, { as: 'ana' })
  const issued = (body['issuances'] as unknown as Record<string, string>[])[0] ?? {}
  const at = Date.parse(String(issued['startedAt']))
  const session = {
    role: 'orders-debug',
    session: String(issued['sessionName']),
    key: String(issued['accessKeyId']),
    subject: 'corp#ana',
    at,
  }
  const user = { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/x' }
  const around = [-2, 2].map((hours) => call('iam:ListUsers', at + hours * 3_600_000, user))
  const made = assumeRole({ stint: session, at, requestId: String(issued['stsRequestId']) })
  const objects = new Map([
    ['AWSLogs/1/CloudTrail/a.json.gz', gzipSync(wrapped(around))],
    ['AWSLogs/1/CloudTrail/b.json.gz', gzipSync(wrapped(made))],
    ['AWSLogs/1/CloudTrail-Digest/c.json.gz', gzipSync('{}')],
    ['Elsewhere/d.json.gz', gzipSync('{}')],
  ])
  const endpoint = await startS3(t, objects)
  const of = () =>
    run(['audit', 'correlate', 's3://acme-trail/AWSLogs/', '--region', 'eu-west-1', '--endpoint', endpoint])
  const found = await of()
  t.match(found, { code: 0, out: /^0 +sessions that no grant is of$/m }, found.err)
  t.match(found.out, /^0 +issuances without AssumeRole in the trail, of 1 in its time$/m)
  const other = assumeRole({
    stint: { ...session, session: 'y', key: 'ASIAOTHER' },
    at,
    requestId: 'z',
    by: 'eve',
  })
  objects.set('AWSLogs/1/CloudTrail/e.json.gz', gzipSync(wrapped(other)))
  t.match(await of(), { code: 11, out: /^1 +sessions that no grant is of$/m })
})
