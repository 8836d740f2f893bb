import '../support/loopback-only.js'
import dns, { lookup } from 'node:dns'
import { get } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import type { Order } from '../../src/grant/mint.js'
import { compile } from '../../src/iam/session-policy.js'
import { createSts } from '../../src/mint/sts.js'
import { signedRequest, startAwsService, type ServiceCall } from '../support/aws-service.js'
import { sign, verify, type Wire } from '../support/sigv4.js'
import { startSts, stsActions, type StsRole } from '../support/sts.js'

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const account = '123456789012'
const roleArn = `arn:aws:iam::${account}:role/orders-debug`
const tableArn = (region: string) => `arn:aws:dynamodb:${region}:${account}:table/orders`

t.test('signatures', async (t) => {
  const at = Date.parse('2015-08-30T12:36:00Z')
  const scope = { region: 'us-east-1', service: 'service', clock: () => at }
  const plain: Wire = {
    method: 'GET',
    target: '/',
    headers: { host: 'example.amazonaws.com' },
    body: '',
  }
  // AWS's Signature Version 4 test suite, get-vanilla.
  const headers = sign(plain, keys, scope)
  const signature = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
  t.match(headers.authorization, new RegExp(`Signature=${signature}$`))

  const find = (id: string) => (id === keys.accessKeyId ? keys : undefined)
  const signed: Wire = { ...plain, headers }
  t.same(verify(signed, find, scope), { ok: true, accessKeyId: 'AKIDEXAMPLE', region: 'us-east-1' })

  const authorization = headers.authorization ?? ''
  const because = (wire: Partial<Wire>, extra = {}) => {
    const verified = verify({ ...signed, ...wire }, find, { ...scope, ...extra })
    return verified.ok || verified.because
  }
  const withHeaders = (more: Record<string, string>) => ({ headers: { ...headers, ...more } })
  t.equal(because({ headers: plain.headers }), 'missing')
  t.equal(because(withHeaders({ authorization: 'Bearer x' })), 'incomplete')
  t.equal(because(withHeaders({ 'x-amz-date': 'now' })), 'incomplete')
  t.equal(because(withHeaders({ 'x-amz-target': 'Unsigned' })), 'incomplete')
  t.equal(because(withHeaders({ authorization: authorization.replace('host;', '') })), 'incomplete')
  t.equal(because(withHeaders({ authorization: authorization.replace('AKID', 'AKIA') })), 'unknown')
  t.equal(because(withHeaders({ authorization: authorization.replace(/.$/, '0') })), 'mismatch')
  t.equal(
    because(withHeaders({ authorization: authorization.replace('us-east-1', 'eu-west-1') })),
    'mismatch',
  )
  t.equal(because(withHeaders({ host: 'example.com' })), 'mismatch')
  t.equal(because({ body: 'x' }), 'mismatch')
  t.equal(because({ method: 'POST' }), 'mismatch')
  t.equal(because({ target: '/?Action=More' }), 'mismatch')
  t.equal(because({}, { service: 'sts' }), 'mismatch')
  t.equal(because({}, { clock: () => at + 15 * 60_000 }), true)
  t.equal(because({}, { clock: () => at + 15 * 60_000 + 1 }), 'time')
  t.equal(because({}, { clock: () => at - 15 * 60_000 - 1 }), 'time')

  const session = { ...keys, sessionToken: 'token' }
  const tokened = { ...plain, headers: sign(plain, session, scope) }
  t.match(
    verify(tokened, () => session, scope),
    { ok: true },
  )
  t.match(verify(tokened, find, scope), { because: 'unknown' })
  t.match(
    verify(signed, () => session, scope),
    { because: 'unknown' },
  )
})

t.test('a session may do what both of its policies allow, and for no longer', async (t) => {
  let at = Date.now()
  let sourceIp = '203.0.113.7'
  const clock = () => at
  const allow = (...Action: string[]): StsRole['policy'] => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  })
  const roles: Record<string, StsRole> = {
    [roleArn]: {
      trust: { principals: ['*'], allow: stsActions },
      maxSessionSeconds: 3600,
      policy: allow('dynamodb:GetItem', 'dynamodb:Query'),
    },
  }
  const managed = `arn:aws:iam::${account}:policy/orders`
  const policies: Record<string, StsRole['policy']> = { [managed]: allow('dynamodb:Query') }
  const sts = await startSts({
    clock,
    roles,
    policies,
    broker: { ...keys, arn: 'arn:aws:iam::999999999999:user/broker', allow: stsActions },
  })
  const service = await startAwsService({ clock, sts, sourceIp: () => sourceIp })
  const sleep = async () => undefined
  const mint = createSts({ endpoint: sts.url, credentials: keys, clock, sleep, random: () => 0 })
  t.teardown(async () => {
    mint.close()
    await Promise.all([sts.close(), service.close()])
  })

  const compiled = compile(
    [
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        resources: [tableArn('eu-west-1'), tableArn('us-east-1')],
      },
    ],
    { notAfter: at + 600_000, regions: ['eu-west-1'], egress: ['203.0.113.0/24'] },
  )
  if (!compiled.ok) throw new Error(compiled.detail)
  const order: Order = {
    roleArn,
    sessionName: 'ann-01JD',
    sourceIdentity: 'ann',
    durationSeconds: 900,
    policy: compiled.json,
    region: 'eu-west-1',
  }
  const minted = await mint.assume(order)
  if (!minted.ok) throw minted.fault
  const own = minted.credentials
  const call = (part: Partial<ServiceCall> = {}) =>
    signedRequest({
      url: service.url,
      action: 'GetItem',
      table: 'orders',
      region: 'eu-west-1',
      keys: own,
      clock,
      ...part,
    })

  t.match(await call(), { status: 200, body: { Item: { table: { S: 'orders' } } } })
  const beside = await call({ table: 'payments' })
  t.match(beside, { status: 400, refused: 'AccessDeniedException' })
  t.equal(
    beside.message,
    `User: arn:aws:sts::${account}:assumed-role/orders-debug/ann-01JD is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:${account}:table/payments because no session policy allows the dynamodb:GetItem action`,
  )
  t.match((await call({ action: 'Query' })).message, /because no session policy allows/)
  t.match((await call({ action: 'PutItem' })).message, /because no identity-based policy allows/)
  t.match((await call({ region: 'us-east-1' })).message, /with an explicit deny in a session policy$/)
  sourceIp = '198.51.100.1'
  t.match((await call()).message, /with an explicit deny in a session policy$/)
  sourceIp = '203.0.113.7'

  t.match(await call({ keys: { ...own, secretAccessKey: 'other' } }), {
    refused: 'InvalidSignatureException',
  })
  t.match(await call({ keys: { ...own, sessionToken: 'other' } }), { refused: 'UnrecognizedClientException' })
  t.match(await call({ keys }), { refused: 'UnrecognizedClientException' })
  t.match(await call({ action: 'Scan' }), { refused: 'UnknownOperationException' })
  t.match(await call({ action: 'constructor' }), { refused: 'UnknownOperationException' })
  t.match(await call({ table: '../x' }), { refused: 'ValidationException' })

  const given = await mint.assume({ ...order, policyArns: [managed] })
  if (!given.ok) throw given.fault
  t.match(
    await call({ keys: given.credentials, action: 'Query', table: 'payments' }),
    { status: 200 },
    'session policies add up',
  )
  t.match(
    (await call({ keys: given.credentials, action: 'Query', region: 'us-east-1' })).message,
    /explicit deny/,
  )
  policies[managed] = allow('s3:*')
  t.match((await call({ keys: given.credentials, action: 'Query' })).message, /no session policy/)
  for (const policyArns of [
    [managed.replace(account, '210987654321')],
    ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
    [`${managed}-gone`],
    Array<string>(11).fill(managed),
  ])
    t.match(await mint.assume({ ...order, policyArns }), { ok: false, fault: { code: 'sts_rejected' } })

  at += 600_000
  t.match(await call(), { status: 200 }, 'up to the last second')
  at += 1_000
  t.match((await call()).message, /with an explicit deny in a session policy$/, 'dead below the 900 s floor')
  at += 300_000
  t.match(await call(), { refused: 'ExpiredTokenException' })

  const later = await mint.assume({ ...order, policy: JSON.stringify(allow('*')) })
  if (!later.ok) throw later.fault
  t.match(await call({ keys: later.credentials }), { status: 200 })
  roles[roleArn] = { ...roles[roleArn], policy: allow('s3:*') } as StsRole
  t.match((await call({ keys: later.credentials })).message, /identity-based/, 'evaluated on each call')
})

t.test('nothing but loopback can be reached', async (t) => {
  const away = /not on loopback/
  t.throws(() => connect(443, '192.0.2.1'), away)
  t.throws(() => connect({ host: 'sts.amazonaws.com', port: 443 }), away)
  t.throws(() => connect(80, '127.0.0.1.example.com'), away)
  t.throws(() => connect({ host: '::2', port: 1 }), away)
  t.throws(() => get('http://169.254.169.254/latest/meta-data'), away)
  await t.rejects(fetch('https://192.0.2.1/'), { cause: away })
  t.throws(() => lookup('example.com', () => undefined), away)
  t.throws(() => dns.promises.resolve4('example.com'), away)
  await new Promise<void>((resolve) => lookup('localhost', () => resolve()))
})
