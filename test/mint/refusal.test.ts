import '../support/loopback-only.js'
import { Agent } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import fc from 'fast-check'
import t from 'tap'
import { refusal } from '../../src/mint/refusal.js'
import { createSts, type StsOptions } from '../../src/mint/sts.js'
import { startSts, stsActions } from '../support/sts.js'
import { granted, now, order, refused, role, roleArn, setUp, user } from './set-up.js'

t.test('throttling, 5xx and transport are tried four times at most, with backoff', async (t) => {
  const throttles = ['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException']
  for (const code of throttles) {
    const { sts, mint, slept } = await setUp(t)
    sts.fail({ code, status: 400, message: 'Rate exceeded', times: 3 })
    t.equal(granted(await mint.assume(order)).attempts, 4, code)
    t.same(slept, [150, 300, 600])
    sts.fail({ code, status: 400, message: 'Rate exceeded', times: 5 })
    const minted = refused(t, await mint.assume(order), 'sts_throttled')
    t.equal(minted.attempts, 4)
    t.equal(minted.fault.retryAfter, 5)
    t.equal(minted.fault.status, 503)
    t.equal(slept.length, 6)
    t.equal(mint.lastSeen()?.ok, false)
  }
  const { sts, mint, slept } = await setUp(t)
  sts.fail({ code: 'Odd', status: 429 })
  t.equal(granted(await mint.assume(order)).attempts, 2)
  sts.fail({ code: 'ServiceUnavailable', status: 503, times: 4 })
  t.equal(refused(t, await mint.assume(order), 'sts_unreachable', false).attempts, 4)
  t.equal(slept.length, 4)
  t.equal(sts.sessions.length, 1)

  await t.test('jitter is full, and nothing is slept past the deadline', async (t) => {
    let at = now
    const late = await setUp(t, {
      mint: { random: () => 0.999, clock: () => at, sleep: async (ms) => void (at += ms), deadline: 800 },
    })
    late.sts.fail({ code: 'Throttling', status: 400, times: 9 })
    t.equal(refused(t, await late.mint.assume(order), 'sts_throttled').attempts, 2)
    t.equal(at, now + 299)
    const still = await setUp(t, { mint: { random: () => 0 } })
    still.sts.fail({ code: 'Throttling', status: 400 })
    granted(await still.mint.assume(order))
    t.same(still.slept, [0])
  })
})

t.test('an answer that was lost may be a session: it is said, and counted', async (t) => {
  const { sts, mint } = await setUp(t)
  sts.reset('after')
  t.equal(granted(await mint.assume(order)).attempts, 2, 'a later answer is good')
  t.equal(sts.sessions.length, 2)
  t.equal(sts.sessions[0]?.sessionName, sts.sessions[1]?.sessionName)

  sts.reset('before', 4)
  t.equal(refused(t, await mint.assume(order), 'sts_unreachable', false).attempts, 4)

  sts.reset('after')
  sts.fail({ code: 'AccessDenied', status: 403 })
  t.equal(refused(t, await mint.assume(order), 'sts_denied', false).attempts, 2, 'nor does a refusal undo it')
  t.equal(sts.sessions.length, 3)
  sts.reset('after')
  sts.fail({ code: 'Throttling', status: 400, times: 3 })
  refused(t, await mint.assume(order), 'sts_throttled', false)

  const held = await setUp(t, { mint: { deadline: 300, random: () => 0 } })
  held.sts.hang(4)
  const { attempts } = refused(t, await held.mint.assume(order), 'sts_unreachable', false)
  t.equal(attempts, 4)
  t.equal(held.sts.sessions.length, 4)
  for (let tries = 0; tries < 500 && held.sts.sockets() > 0; tries += 1) await sleep(10)
  t.equal(held.sts.sockets(), 0, 'a call that was given up holds no connection any more')

  let at = now
  const slow = await setUp(t, { mint: { deadline: 60, clock: () => (at += 50), random: () => 0 } })
  slow.sts.hang(4)
  t.equal(refused(t, await slow.mint.assume(order), 'sts_unreachable', false).attempts, 1)
})

t.test('what was never sent has certainly made no session', async (t) => {
  const { sts, mint, slept } = await setUp(t)
  await sts.close()
  const gone = refused(t, await mint.assume(order), 'sts_unreachable')
  t.equal(gone.attempts, 4)
  t.equal(slept.length, 3)
  t.match(gone.fault.cause, /ECONNREFUSED/)

  const nested = Object.assign(new Error('web identity'), { name: 'AccessDenied', $fault: 'client' })
  const failing: readonly Partial<StsOptions>[] = [
    {
      credentials: () => Promise.reject(Object.assign(new Error('x'), { name: 'CredentialsProviderError' })),
    },
    { credentials: () => Promise.reject(nested) },
    { credentials: () => new Promise(() => undefined), deadline: 30 },
    { endpoint: 'http://sts.example.com' },
    { endpoint: 'http://127.0.0.1.example.com' },
    { endpoint: 'not a url' },
  ]
  for (const options of failing) {
    const broken = await setUp(t, { mint: options })
    const minted = refused(t, await broken.mint.assume(order), 'sts_broker_credentials')
    t.same([minted.attempts, broken.slept, broken.sts.calls], [0, [], []])
  }
  const { sts: plain } = await setUp(t)
  const tls = await setUp(t, { mint: { endpoint: plain.url.replace('http:', 'https:') } })
  refused(t, await tls.mint.assume(order), 'sts_unreachable', false)
  const region = await setUp(t)
  const odd = await region.mint.assume({ ...order, region: 'evil.example.com/' })
  refused(t, odd, 'sts_broker_credentials')
  t.equal(region.sts.calls.length, 0)
})

t.test('a connection that was never made is told from an answer that never came', async (t) => {
  const { sts } = await setUp(t)
  const httpAgent = new Agent({ maxSockets: 1 })
  t.teardown(() => httpAgent.destroy())
  const { hostname, port } = new URL(sts.url)
  const request = {
    protocol: 'http:',
    hostname,
    port: Number(port),
    method: 'POST',
    path: '/',
    query: {},
    headers: {},
  }
  sts.hang(1)
  const first = new NodeHttpHandler({ httpAgent })
  const stop = new AbortController()
  const hanging = first.handle(request as never, { abortSignal: stop.signal } as never).catch(() => undefined)
  const queued = new NodeHttpHandler({ httpAgent, connectionTimeout: 5 })
  const error: unknown = await queued.handle(request as never).catch((thrown: unknown) => thrown)
  stop.abort()
  await hanging
  t.match(refusal(error, { sent: true, region: 'eu-west-1' }), { certain: true, again: true })
  const aborted = Object.assign(new Error('aborted'), { name: 'AbortError', code: 20 })
  t.match(refusal(aborted, { sent: true, region: 'eu-west-1' }), { certain: false, again: true })
})

t.test('an answer is read as an attacker’s', async (t) => {
  const { sts, mint, slept } = await setUp(t)
  const element = (name: string, value: string) => (xml: string) =>
    xml.replace(new RegExp(`<${name}>[^<]*</${name}>`), value === '' ? '' : `<${name}>${value}</${name}>`)
  const inHours = (hours: number) => new Date(now + hours * 3_600_000).toISOString()
  const garbage: readonly ((xml: string) => string)[] = [
    () => '',
    () => 'not xml at all',
    () => '<html><body>Welcome to the hotel</body></html>',
    () => '<AssumeRoleResponse/>',
    () => '<AssumeRoleResponse><AssumeRoleResult><Credentials/></AssumeRoleResult></AssumeRoleResponse>',
    () => '{"Credentials":{}}',
    (xml) => xml.slice(0, -40),
    (xml) => xml + 'x'.repeat(300_000),
    (xml) => xml.replace('<Credentials>', `<Credentials><!--${'x'.repeat(300_000)}-->`),
    (xml) => xml.replace(/<AccessKeyId>.*<\/AccessKeyId>/, '$&$&'),
    element('AccessKeyId', ''),
    element('AccessKeyId', 'short'),
    element('AccessKeyId', 'ASIA$(reboot)AAAAAAAA'),
    element('SecretAccessKey', ''),
    element('SecretAccessKey', 'two words'),
    element('SecretAccessKey', 'line&#10;break'),
    element('SessionToken', ''),
    element('SessionToken', '<a>b</a>'),
    element('Expiration', ''),
    element('Expiration', 'tomorrow'),
    element('Expiration', inHours(-1)),
    element('Expiration', inHours(2)),
    element('Expiration', '9999-12-31T23:59:59Z'),
    element('AssumedRoleId', ''),
    element('AssumedRoleId', 'AROAAAAAAAAAAAAAAAAAA:someone-else'),
    element('AssumedRoleId', `AROAAAAAAAAAAAAAAAAAA:${order.sessionName}:x`),
    element('AssumedRoleId', `:${order.sessionName}`),
  ]
  for (const make of garbage) {
    sts.garble(make)
    const minted = refused(t, await mint.assume(order), 'sts_unreachable', false)
    t.equal(minted.attempts, 1, 'garbage is not asked for again')
    const seen = inspect([minted, mint.lastSeen()], { depth: null, showHidden: true })
    const said = `${seen} ${JSON.stringify(minted)} ${minted.fault.stack}`
    t.notOk(sts.secrets.some((secret) => said.includes(secret)))
  }
  sts.garble((xml) => xml, { status: 302 })
  refused(t, await mint.assume(order), 'sts_unreachable', false)
  sts.garble(() => '<html><body>Proxy says no</body></html>', { status: 403 })
  refused(t, await mint.assume(order), 'sts_unreachable', false)
  sts.garble(() => '<ErrorResponse><Error><Code><a/></Code></Error></ErrorResponse>', { status: 400 })
  refused(t, await mint.assume(order), 'sts_unreachable', false)
  t.same(slept, [])
  sts.garble((xml) => xml, { status: 500 })
  t.equal(granted(await mint.assume(order)).attempts, 2)

  sts.garble(element('PackedPolicySize', '-7'))
  t.equal(granted(await mint.assume(order)).packedPolicySize, undefined)
  sts.garble((xml) => xml.replace(/<PackedPolicySize>.*<\/PackedPolicySize>/, ''))
  t.equal(granted(await mint.assume(order)).packedPolicySize, undefined)
})

t.test('no text of an answer becomes a refusal’s', async () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
  const value = fc.oneof(
    fc.constant(secret),
    fc.integer(),
    fc.constant(undefined),
    fc.constant({ x: secret }),
  )
  const thrown = fc.record({
    name: fc.oneof(value, fc.constantFrom('AccessDenied', 'ValidationError', 'Throttling', 'Error')),
    message: fc.oneof(value, fc.constant(`perform: sts:TagSession${secret}, at 'policy${secret}`)),
    code: value,
    Code: value,
    $fault: fc.constantFrom(undefined, 'client'),
    $metadata: fc.record({
      httpStatusCode: fc.oneof(value, fc.constantFrom(200, 400, 500)),
      requestId: value,
    }),
    $response: value,
  })
  fc.assert(
    fc.property(fc.oneof(thrown, value, fc.constant(null)), fc.boolean(), (error, sent) => {
      const made = refusal(error, { sent, region: 'eu-west-1' })
      return !`${inspect(made, { depth: null, showHidden: true })}${JSON.stringify(made)}`.includes(secret)
    }),
  )
})

t.test('the SDK learns AWS’s time from a refused signature, and signs anew', async (t) => {
  const ahead = now + 3 * 3_600_000
  const sts = await startSts({
    clock: () => ahead,
    roles: { [roleArn]: role },
    broker: { ...user, arn: 'arn:aws:iam::999999999999:user/stint-broker', allow: stsActions },
  })
  const options = { endpoint: sts.url, sleep: async () => undefined, random: () => 0, clock: () => ahead }
  const mint = createSts({ ...options, credentials: user })
  const stranger = createSts({ ...options, credentials: { ...user, secretAccessKey: 'wrong' } })
  t.teardown(async () => {
    mint.close()
    stranger.close()
    await sts.close()
  })
  t.equal(granted(await mint.assume(order)).attempts, 2)
  t.equal(granted(await mint.assume(order)).attempts, 1)
  t.ok(refused(t, await stranger.assume(order), 'sts_broker_credentials').attempts <= 4)
})

t.test('what speaks no HTTP is no STS', async (t) => {
  const sockets = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    socket.end('SSH-2.0-OpenSSH_9.2\r\n')
  })
  await new Promise<void>((resolve) => sockets.listen(0, '127.0.0.1', resolve))
  const address = sockets.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { mint } = await setUp(t, { mint: { endpoint: `http://127.0.0.1:${port}` } })
  refused(t, await mint.assume(order), 'sts_unreachable', false)
  await new Promise((resolve) => sockets.close(resolve))
})
