import '../support/loopback-only.js'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import type { FaultCode } from '../../src/fault.js'
import type { Order } from '../../src/grant/mint.js'
import { createSts } from '../../src/mint/sts.js'
import { stsActions } from '../support/sts.js'
import { granted, now, order, policy, refused, role, roleArn, setUp, user } from './set-up.js'

t.test('an order is sent as it is, and nothing beside it', async (t) => {
  const { sts, mint } = await setUp(t)
  t.equal(mint.lastSeen(), undefined)
  const minted = granted(await mint.assume(order))
  const [session] = sts.sessions
  t.match(minted.credentials, {
    accessKeyId: session?.accessKeyId,
    secretAccessKey: session?.secretAccessKey,
    sessionToken: session?.sessionToken,
  })
  t.equal(minted.credentials.expiresAt, Math.floor(now / 1000) * 1000 + 900_000)
  t.equal(minted.assumedRoleId, session?.assumedRoleId)
  t.match(minted.assumedRoleId, /^AROA[A-Z2-7]{17}:ann@example\.com-01JD$/)
  t.match(minted, { attempts: 1, requestId: /^[0-9a-f-]{36}$/ })
  t.ok(Number(minted.packedPolicySize) > 0)
  t.same(sts.calls[0]?.parameters, {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: order.sessionName,
    SourceIdentity: order.sourceIdentity,
    DurationSeconds: '900',
    Policy: order.policy,
  })
  t.equal(sts.calls[0]?.region, 'eu-west-1')
  t.same(mint.lastSeen(), { at: now, ok: true, detail: 'STS answers' })

  granted(await mint.assume({ ...order, region: 'us-east-1', tags: {} }))
  t.equal(sts.calls[1]?.region, 'us-east-1', 'signed for the region of the order')
  t.notMatch(Object.keys(sts.calls[1]?.parameters ?? {}).join(), /Tags/)

  sts.reportPackedSize(87)
  t.equal(granted(await mint.assume(order)).packedPolicySize, 87)
})

t.test('tags, external id and the whole alphabet of names arrive as sent', async (t) => {
  const { sts, mint } = await setUp(t, {
    role: { ...role, trust: { ...role.trust, externalId: 'a:b/c=d+e@f.g,h-i' } },
  })
  const odd = {
    ...order,
    sessionName: 'A_z+=,.@-9',
    sourceIdentity: `${'x'.repeat(63)}=`,
    externalId: 'a:b/c=d+e@f.g,h-i',
    tags: { 'stint:grant': '01JD', 'stint:ticket': 'Größe 1/2 + 3=5 @x.y-z_' },
    policy: policy('ä&<>"%+ \u00ff'),
  }
  granted(await mint.assume(odd))
  const { tags, sessionName, sourceIdentity, policy: sent } = sts.sessions[0] ?? {}
  t.same(
    { tags, sessionName, sourceIdentity, policy: sent },
    {
      tags: odd.tags,
      sessionName: odd.sessionName,
      sourceIdentity: odd.sourceIdentity,
      policy: odd.policy,
    },
  )
  t.match(refused(t, await mint.assume(order), 'sts_denied').fault.detail, /external id/)
  refused(t, await mint.assume({ ...odd, externalId: 'another' }), 'sts_denied')

  const bad: readonly [Partial<Order>, RegExp][] = [
    [{ sessionName: 'a b' }, /roleSessionName/],
    [{ sessionName: 'x'.repeat(65) }, /roleSessionName/],
    [{ sourceIdentity: 'aws:ann' }, /sourceIdentity/],
    [{ sourceIdentity: 'ü' }, /sourceIdentity/],
    [{ sourceIdentity: '' }, /sourceIdentity/],
    [{ externalId: 'a b' }, /externalId/],
    [{ tags: { reason: 'why, then?' } }, /tags/],
    [{ tags: { grant: '1', Grant: '2' } }, /catalogue/],
    [{ durationSeconds: 899 }, /durationSeconds/],
    [{ policy: '' }, /policy/],
    [{ policy: policy('€') }, /policy/],
    [{ policy: '{' }, /not valid IAM/],
    [{ policy: policy().replace('Resource', 'Principal') }, /not valid IAM/],
    [{ roleArn: 'arn:aws:iam::123456789012:user/someone' }, /catalogue/],
  ]
  for (const [part, says] of bad) {
    const { fault, attempts } = refused(t, await mint.assume({ ...odd, ...part }), 'sts_rejected')
    t.match(fault.detail, says, JSON.stringify(part))
    t.equal(attempts, 1)
  }
  t.equal(sts.sessions.length, 1)
})

t.test('a policy may have 2,048 characters, and must pack', async (t) => {
  const { sts, mint } = await setUp(t)
  const fill = 2048 - policy('').length
  granted(await mint.assume({ ...order, policy: policy('x'.repeat(fill)) }))
  const long = refused(
    t,
    await mint.assume({ ...order, policy: policy('x'.repeat(fill + 1)) }),
    'sts_policy_too_large',
  )
  t.match(long.fault.detail, /2,048/)
  const noise = createHash('shake256', { outputLength: 1500 }).update('noise').digest('base64url')
  const packed = await mint.assume({ ...order, policy: policy(noise.slice(0, fill)) })
  t.match(refused(t, packed, 'sts_policy_too_large').fault.detail, /packed/)
  t.equal(sts.sessions.length, 1)
  for (const code of ['PackedPolicyTooLarge', 'PackedPolicyTooLargeException']) {
    sts.fail({ code, status: 400 })
    t.equal(refused(t, await mint.assume(order), 'sts_policy_too_large').attempts, 1, code)
  }
})

t.test('a refusal says which action, and that two policies must allow it', async (t) => {
  const lacking = (action: string) => stsActions.filter((name) => name !== action)
  const tagged = { ...order, tags: { grant: '01JD' } }
  for (const action of stsActions) {
    const byTrust = await setUp(t, { role: { ...role, trust: { ...role.trust, allow: lacking(action) } } })
    const byBroker = await setUp(t, { broker: { allow: lacking(action) } })
    for (const { mint, sts, slept } of [byTrust, byBroker]) {
      const { fault, attempts } = refused(t, await mint.assume(tagged), 'sts_denied')
      t.ok(fault.detail.includes(`refused ${action}.`), fault.detail)
      t.match(fault.detail, /trust policy.*policy of the identity that Stint runs under/)
      t.same([attempts, slept, sts.sessions], [1, [], []])
      t.equal(mint.lastSeen()?.ok, true, 'one role that refuses does not make STS unready')
    }
  }
  const { mint } = await setUp(t, { broker: { allow: lacking('sts:TagSession') } })
  granted(await mint.assume(order))
  t.match(
    refused(t, await mint.assume({ ...order, roleArn: `${roleArn}-not` }), 'sts_denied').fault.detail,
    /role exists/,
  )
  const untrusted = await setUp(t, { role: { ...role, trust: { ...role.trust, principals: [roleArn] } } })
  refused(t, await untrusted.mint.assume(order), 'sts_denied')
})

t.test('the hour of chained sessions, and the role’s own maximum', async (t) => {
  const plain = await setUp(t)
  t.equal(await plain.mint.longest(), undefined)
  granted(await plain.mint.assume({ ...order, durationSeconds: 7200 }))
  const beyond = await plain.mint.assume({ ...order, durationSeconds: 7201 })
  t.match(refused(t, beyond, 'sts_rejected').fault.detail, /MaxSessionDuration/)

  const chained = await setUp(t, { broker: { sessionToken: 'token-of-the-broker' } })
  t.equal(await chained.mint.longest(), 3_600_000)
  granted(await chained.mint.assume({ ...order, durationSeconds: 3600 }))
  const over = await chained.mint.assume({ ...order, durationSeconds: 3601 })
  t.match(refused(t, over, 'sts_rejected').fault.detail, /one hour/)

  let asked = 0
  const counted = await setUp(t, { mint: { credentials: async () => ((asked += 1), user) } })
  for (const region of ['eu-west-1', 'us-east-1']) granted(await counted.mint.assume({ ...order, region }))
  await counted.mint.longest()
  t.equal(asked, 1, 'every region has the same credentials, looked up once')

  const none = await setUp(t, { mint: { credentials: () => Promise.reject(new Error('no profile')) } })
  t.equal(await none.mint.longest(), undefined)
})

t.test('each error of STS has its fault, and no other is tried twice', async (t) => {
  const { sts, mint, slept } = await setUp(t)
  const all: readonly [string, number, FaultCode, boolean?][] = [
    ['AccessDenied', 403, 'sts_denied'],
    ['AccessDeniedException', 403, 'sts_denied'],
    ['MalformedPolicyDocument', 400, 'sts_rejected'],
    ['MalformedPolicyDocumentException', 400, 'sts_rejected'],
    ['ValidationError', 400, 'sts_rejected'],
    ['SomethingNew', 400, 'sts_rejected'],
    ['toString', 400, 'sts_rejected'],
    ['RegionDisabledException', 403, 'sts_region_disabled'],
    ['ExpiredToken', 400, 'sts_broker_credentials'],
    ['ExpiredTokenException', 400, 'sts_broker_credentials'],
    ['InvalidClientTokenId', 403, 'sts_broker_credentials'],
    ['UnrecognizedClientException', 400, 'sts_broker_credentials'],
    ['SignatureDoesNotMatch', 403, 'sts_broker_credentials'],
    ['MissingAuthenticationToken', 403, 'sts_broker_credentials'],
  ]
  for (const [code, status, fault] of all) {
    sts.fail({ code, status, message: `${user.secretAccessKey} at arn:aws:iam::1:user/stint-broker` })
    const minted = refused(t, await mint.assume(order), fault)
    t.equal(minted.attempts, 1, code)
    t.match(minted.requestId, /^[0-9a-f-]{36}$/)
    t.notMatch(inspect(minted, { depth: null, showHidden: true }), /broker\+secret|arn:/)
    t.match(minted.fault.cause, /HTTP 40[03]/)
  }
  t.same(slept, [])
  t.equal(sts.calls.length, 0)
  t.match(mint.lastSeen(), { ok: false, detail: /own credentials/ })
  granted(await mint.assume(order))
  t.equal(mint.lastSeen()?.ok, true)
  sts.fail({ code: 'RegionDisabledException', status: 403 })
  t.match(refused(t, await mint.assume(order), 'sts_region_disabled').fault.detail, /eu-west-1/)
})

t.test('three hundred calls at once are not queued behind fifty sockets', async (t) => {
  const { sts, mint } = await setUp(t)
  const hold = sts.hold()
  const all = Promise.all(Array.from({ length: 300 }, () => mint.assume(order)))
  await hold.arrived(300)
  t.ok(sts.sockets() >= 300)
  hold.release()
  const minted = await all
  t.equal(new Set(minted.map((one) => granted(one).credentials.accessKeyId)).size, 300)
})

t.test('endpoint and credentials come from the environment when nothing else is said', async (t) => {
  const { sts } = await setUp(t)
  const before = { ...process.env }
  t.teardown(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
    Object.assign(process.env, before)
  })
  const bare = { clock: () => now, sleep: async () => undefined, random: () => 0 }
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_MAX_ATTEMPTS: '9',
  })
  const none = createSts(bare)
  t.equal(refused(t, await none.assume(order), 'sts_broker_credentials').attempts, 0)
  t.equal(await none.longest(), undefined)
  none.close()

  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: user.accessKeyId,
    AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
  })
  const mint = createSts(bare)
  granted(await mint.assume(order))
  t.equal(await mint.longest(), undefined)
  mint.close()

  process.env.AWS_SESSION_TOKEN = 'token'
  const chained = createSts(bare)
  t.equal(await chained.longest(), 3_600_000)
  refused(t, await chained.assume(order), 'sts_broker_credentials')
  chained.close()
})
