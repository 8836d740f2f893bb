import { connect, type AddressInfo } from 'node:net'
import { request as httpRequest } from 'node:http'
import t from 'tap'
import { Fault } from '../../src/fault.js'
import type { Mint } from '../../src/grant/mint.js'
import type { Store } from '../../src/grant/store.js'
import { contract, now, id, conforms, token, ann, grant, snapshot, face, wanted } from '../support/face.js'

t.test('limits are counted per caller, bucket and address', async (t) => {
  const bob = { authorization: `Bearer ${token('bob')}` }
  const { call } = await face(t, { limits: { asks: 2, votes: 1 } })
  const ask = (headers = {}) => call('POST', '/v1/grants', wanted, headers)
  t.same([(await ask()).statusCode, (await ask()).statusCode], [201, 201])
  const third = await ask()
  t.match([third.statusCode, third.json().code, third.headers['retry-after']], [429, 'rate_limited', /^\d+$/])
  conforms(t, 'Problem', third.json())
  const collect = await call('POST', `/v1/grants/${id}/credentials`)
  t.equal(collect.statusCode, 429, 'one bucket for all that leads to credentials')
  t.equal((await call('POST', '/v1/decisions', wanted)).statusCode, 200, 'a dry run only reads')
  t.equal((await ask(bob)).statusCode, 201, "another caller's count is their own")
  t.equal((await call('POST', `/v1/grants/${id}/votes`, { answer: 'yes' })).statusCode, 200, 'another bucket')
  t.equal((await call('POST', `/v1/grants/${id}/end`)).statusCode, 429, 'votes and closings are one bucket')

  const behind = await face(t, { limits: { address: 2 }, proxies: ['127.0.0.1/32'] })
  const from = (address: string) =>
    behind.call('GET', '/v1/me', undefined, { 'x-forwarded-for': address, authorization: 'Bearer junk' })
  t.same([(await from('2001:db8::1')).statusCode, (await from('2001:db8::2')).statusCode], [401, 401])
  t.equal(
    (await from('2001:db8::3')).statusCode,
    429,
    'guessing at tokens is bounded, and a /64 is one address',
  )
  t.equal((await from('2001:db8:0:1::1')).statusCode, 401)
  const neighbour = { 'x-forwarded-for': '2001:db8::4' }
  for (const [path, body] of [
    ['revoke', { reason: 'lost laptop' }],
    ['votes', { answer: 'yes' }],
  ] as const)
    t.equal(
      (await behind.call('POST', `/v1/grants/${id}/${path}`, body, neighbour)).statusCode,
      200,
      `${path}: whoever shares the address is not kept out`,
    )
})

t.test('what needs no token is counted and logged by address too', async (t) => {
  const log: string[] = []
  const { app, call, tokens } = await face(t, { limits: { address: 4 }, proxies: ['127.0.0.1/32'], log })
  await tokens.refreshKeys()
  const get = async (url: string, address?: string, method: 'GET' | 'PUT' = 'GET') => {
    const headers = { ...(address !== undefined && { 'x-forwarded-for': address }) }
    return (await app.inject({ method, url, headers })).statusCode
  }
  const each = async (address?: string) => [
    await get('/openapi.yaml', address),
    await get('/metrics', address),
    await get('/v1/nothing', address),
    await get('/v1/me', address, 'PUT'),
  ]
  t.same(await each('203.0.113.1'), [200, 200, 404, 405])
  t.same(await each('203.0.113.1'), [429, 429, 429, 429])
  t.equal(await get('/readyz', '203.0.113.1'), 200, 'but not whether Stint is ready')
  t.equal(await get('/healthz', '203.0.113.1'), 200, 'or alive')
  const from = { 'x-forwarded-for': '203.0.113.1' }
  t.equal((await call('GET', '/v1/me', undefined, from)).statusCode, 200, 'nor whoever has a token')
  t.same(await each('203.0.113.2'), [200, 200, 404, 405], 'another address')
  t.same(await each(), [200, 200, 404, 405], "a proxy's own checks name nobody")
  t.equal(await get('/healthz'), 200)
  t.equal((await call('GET', '/v1/me')).statusCode, 400, 'where a token is needed, the address is too')

  const answered = log
    .map((line) => JSON.parse(line) as { msg: string; path: string; status: number; address?: string })
    .filter(({ msg }) => msg === 'answered')
  const addresses = (path: string) =>
    new Set(answered.filter((line) => line.path === path).map((line) => line.address))
  for (const path of ['/openapi.yaml', '/metrics', '/v1/nothing'])
    t.same([...addresses(path)], ['203.0.113.1', '203.0.113.2', '127.0.0.1'], path)
  t.same([...addresses('/healthz')], ['203.0.113.1', '127.0.0.1'])
})

t.test('long polls', async (t) => {
  let current = snapshot({ state: 'pending', decideBy: now + 60_000 })
  let reads = 0
  const { call, app, waits, bells, drain } = await face(t, {
    verbs: {
      read: async (_broker, _call, wanted) => {
        reads++
        if (wanted !== id) throw new Fault('not_found', 'No.')
        return current
      },
    },
    waits: { caller: 2, total: 3 },
  })
  const poll = (query: string, headers = {}) => call('GET', `/v1/grants/${id}?${query}`, undefined, headers)
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise(setImmediate)
  }

  const first = poll('wait=30')
  await until(() => bells.size === 1)
  waits.changed('01K9ZQ3T7M4V5W6X7Y8Z9A0B1Z')
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.equal(waits.size(), 1, "another grant's change wakes nobody")
  current = snapshot({ state: 'active', version: 2 })
  waits.changed(id)
  t.match((await first).json(), { state: 'active', version: 2 }, 'woken with what is new')

  t.match(
    (await poll('wait=30')).json(),
    { state: 'active' },
    'who saw nothing need not wait for an approved one',
  )
  t.match((await poll('wait=30&seen=1')).json(), { version: 2 }, 'a change between two polls is not missed')
  const seen = poll('wait=30&seen=2')
  await until(() => bells.size === 1)
  bells.forEach((ring) => ring())
  t.equal((await seen).statusCode, 200, 'the time is over')
  current = snapshot({ state: 'revoked', version: 3 })
  t.equal((await poll('wait=30&seen=3')).statusCode, 200, 'what cannot change is not waited for')
  t.equal(
    (await call('GET', `/v1/grants/01K9ZQ3T7M4V5W6X7Y8Z9A0B1Z?wait=30`)).statusCode,
    404,
    'nor what is not there',
  )
  t.equal(waits.size(), 0, 'every place is free again')

  current = snapshot({ state: 'pending' })
  const bob = { authorization: `Bearer ${token('bob')}` }
  const held = [poll('wait=30'), poll('wait=30')]
  await until(() => waits.size() === 2)
  t.match((await poll('wait=30')).json(), { code: 'rate_limited', detail: /by one caller/ })
  held.push(poll('wait=30', bob))
  await until(() => waits.size() === 3)
  t.match((await poll('wait=30', { authorization: `Bearer ${token('eve')}` })).json(), {
    code: 'rate_limited',
    detail: /Too many/,
  })
  t.equal((await poll('wait=0')).statusCode, 200, 'reading without waiting goes on')
  bells.forEach((ring) => ring())
  await Promise.all(held)

  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const client = httpRequest({
    port,
    path: `/v1/grants/${id}?wait=30`,
    headers: { authorization: `Bearer ${ann}` },
  })
  client.on('error', () => undefined)
  client.end()
  await until(() => waits.size() === 1)
  client.destroy()
  await until(() => waits.size() === 0)
  t.pass('a client that has gone frees its place')

  const last = poll('wait=30')
  await until(() => bells.size === 1)
  drain()
  t.equal((await last).statusCode, 200, 'a shutdown answers everybody')
  t.equal((await poll('wait=30')).statusCode, 200, 'and makes nobody wait')
  t.match(
    [
      (await call('POST', '/v1/grants', wanted)).json().code,
      (await call('POST', `/v1/grants/${id}/credentials`)).json().code,
    ],
    ['shutting_down', 'shutting_down'],
  )
  t.equal((await call('POST', `/v1/grants/${id}/end`)).statusCode, 200, 'what ends is still taken')
  t.match((await call('GET', '/readyz')).json(), { code: 'shutting_down', status: 503 })
  t.ok(reads > 8)

  const raw = await new Promise<string>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'))
    let text = ''
    socket.on('data', (data) => (text += data)).on('close', () => resolve(text))
  })
  t.match(raw, /^HTTP\/1\.1 400 .*\r\n[^]*"code":"invalid_request"/, 'what is not HTTP gets a problem too')
})

t.test('operation', async (t) => {
  let probes = 0
  let works = true
  const { app, call, tokens, later, metrics } = await face(t, {
    probe: async () => {
      probes++
      if (!works) throw new Fault('store_unavailable', 'disk path /var/lib/secret')
    },
  })
  const ready = () => app.inject({ url: '/readyz' })
  t.match((await ready()).json(), {
    code: 'keys_unavailable',
    status: 503,
    parts: { store: 'writable', keys: { present: 0, of: 1 } },
  })
  await tokens.refreshKeys()
  t.equal((await ready()).statusCode, 503, 'looked at once in two seconds')
  t.equal(probes, 1)
  later(2_000)
  const good = await ready()
  conforms(t, 'Readiness', good.json())
  t.match([good.statusCode, good.json()], [200, { parts: { sts: { status: 'failed' } } }])
  t.notMatch(good.body, /secret detail|login\.test/)
  works = false
  later(2_000)
  const bad = await ready()
  conforms(t, 'Problem', bad.json())
  t.match([bad.statusCode, bad.json()], [503, { code: 'store_unavailable', parts: { store: 'failed' } }])
  t.notMatch(bad.body, /\/var/)

  t.equal((await app.inject({ url: '/openapi.yaml' })).body, contract)
  await call('GET', '/v1/me')
  await call('GET', '/v1/grants/x/y/z')
  const text = (await app.inject({ url: '/metrics' })).body
  t.match(text, /stint_http_requests_total\{operation="me",status="200"\} 1/)
  t.match(text, /stint_http_requests_total\{operation="none",status="404"\} 1/)
  t.match(text, /stint_long_polls 0/)
  t.match(text, /process_resident_memory_bytes \d/)
  t.notMatch(text, /ann/, 'no subject')

  const commits = [{ ok: true }, { ok: false, conflict: 'version' }]
  const store = metrics.countRecord({
    commit: async () => commits.shift(),
    head: async () => 'head',
  } as unknown as Store)
  const change = {
    grant,
    expect: [{ grant: id, version: 0 }],
    events: [{ kind: 'grant.active', at: now, by: 'x', data: {} }],
  } as const
  await store.commit(change)
  await store.commit(change)
  t.equal(await store.head(), 'head' as never)
  const failing = {
    assume: async () => ({ ok: false, fault: new Fault('sts_denied', '') }),
  } as unknown as Mint
  await metrics.timeMint(failing, () => now).assume({} as never)
  const counted = await metrics.registry.metrics()
  t.match(counted, /stint_events_total\{kind="grant.active"\} 1/, 'only what was recorded counts')
  t.match(counted, /stint_decisions_total\{outcome="allow"\} 1/)
  t.match(counted, /stint_sts_seconds_count\{outcome="sts_denied"\} 1/)
})
