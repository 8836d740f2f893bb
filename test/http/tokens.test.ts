import fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { Fault } from '../../src/fault.js'
import { challenge, registerTokens } from '../../src/http/tokens.js'
import { algorithms } from '../../src/identity/issuer.js'
import type { Issuer } from '../../src/identity/issuer.js'
import { newKey, startIdentityProvider } from '../support/identity-provider.js'
import type { IdentityProvider } from '../support/identity-provider.js'

const second = 1_000
const minute = 60 * second

/** A server whose one route says who asks, in front of two identity providers. */
async function setUp(t: Test, changes: Partial<Issuer> = {}) {
  const time = { now: Date.UTC(2026, 10, 22, 10) }
  const clock = () => time.now
  const idp = await startIdentityProvider({ now: clock })
  const ci = await startIdentityProvider({ now: clock })
  const app = fastify()
  t.teardown(() => Promise.all([app.close(), idp.close(), ci.close()]))

  const issuers = [idp.config(changes), ci.config({ kind: 'workload', directory: 'ci', token: 'id' })]
  const tokens = registerTokens(app, { issuers, fetch, clock })
  app.setErrorHandler(async (error, request, reply) => {
    if (!(error instanceof Fault)) throw error
    if (error.status === 401) reply.header('www-authenticate', challenge(request, error))
    return reply
      .code(error.status)
      .send({ code: error.code, detail: error.detail, retryAfter: error.retryAfter })
  })
  app.get('/', (request) => tokens.authenticate(request))

  const get = (headers: Record<string, string | string[]>) => app.inject({ url: '/', headers })
  const send = (token: string) => get({ authorization: `Bearer ${token}` })
  async function accepts(token: string, name: string) {
    const answer = await send(token)
    t.equal(answer.statusCode, 200, `${name} ${answer.statusCode === 200 ? '' : answer.body}`)
    return answer.json<Record<string, unknown>>()
  }
  /** Refused with 401, and the challenge says why in the characters that RFC 6750 allows. */
  async function refuses(why: RegExp, token: string, name = String(why)) {
    const answer = await send(token)
    t.equal(answer.statusCode, 401, name)
    t.match(answer.json(), { code: 'unauthenticated', detail: why }, name)
    const sent = String(answer.headers['www-authenticate'])
    t.match(
      sent,
      /^Bearer realm="stint", error="invalid_token", error_description="[\x20\x21\x23-\x5b\x5d-\x7e]+"$/,
      sent,
    )
  }
  return { time, idp, ci, app, tokens, get, send, accepts, refuses }
}

/** The token with another character in the middle of its signature. */
function tamper(token: string): string {
  const at = token.lastIndexOf('.') + 20
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

const withPayload = (token: string, payload: unknown): string =>
  token.replace(/\.[^.]*\./, `.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.`)

t.test('good tokens', async (t) => {
  const { time, idp, ci, tokens, accepts, get } = await setUp(t)
  t.same(
    tokens.keyStates().map(({ ready }) => ready),
    [false, false],
  )
  t.same(await accepts(idp.token({ groups: ['engineers'] }), 'an access token'), {
    subject: `${idp.issuer}#ana`,
    issuer: idp.issuer,
    kind: 'person',
    groups: ['engineers'],
    claims: {},
    issuedAt: time.now,
    expiresAt: time.now + 3_600 * second,
  })
  t.match(await accepts(ci.idToken({ sub: 'repo:a/b' }), 'an ID token where that is due'), {
    subject: 'ci#repo:a/b',
    kind: 'workload',
  })
  for (const scheme of ['bearer', 'BEARER', 'Bearer '])
    t.equal((await get({ authorization: `${scheme} ${idp.token()}` })).statusCode, 200, scheme)
  for (const alg of algorithms) {
    idp.rotate(alg)
    time.now += minute
    await accepts(idp.token(), alg)
  }
  t.same(
    tokens.keyStates().map(({ issuer, ready, keys }) => ({ issuer, ready, keys })),
    [idp, ci].map(({ issuer }) => ({ issuer, ready: true, keys: 1 })),
  )
})

t.test('keys are fetched ahead of the first caller', async (t) => {
  const { idp, ci, tokens, accepts } = await setUp(t)
  ci.answers.discovery = 'fail'
  await tokens.refreshKeys()
  t.match(tokens.keyStates(), [{ ready: true }, { ready: false, failure: /503/ }])
  await accepts(idp.token(), 'and serve')
  t.equal(idp.hits.jwks, 1)
})

t.test('where the token is', async (t) => {
  const { idp, app, get } = await setUp(t)
  const token = idp.token()
  const cases: [string, Record<string, string | string[]>, RegExp][] = [
    ['another scheme', { authorization: `Basic ${token}` }, /must read: Bearer/],
    ['no scheme', { authorization: token }, /must read: Bearer/],
    ['no token', { authorization: 'Bearer' }, /must read: Bearer/],
    ['no token but a space', { authorization: 'Bearer ' }, /must read: Bearer/],
    ['two tokens', { authorization: `Bearer ${token} ${token}` }, /must read: Bearer/],
    ['a list of tokens', { authorization: `Bearer ${token},${token}` }, /must read: Bearer/],
    ['a list of schemes', { authorization: `Bearer ${token}, Basic eDp5` }, /must read: Bearer/],
    ['too long', { authorization: `Bearer ${'x'.repeat(16_385)}` }, /longer than 16384/],
  ]
  for (const [name, headers, why] of cases) {
    const answer = await get(headers)
    t.equal(answer.statusCode, 401, name)
    t.match(answer.json(), { detail: why }, name)
    t.match(answer.headers['www-authenticate'], /error="invalid_token"/, name)
  }
  for (const [name, url, headers] of [
    ['no header', '/', {}],
    ['a parameter', `/?access_token=${token}`, {}],
    ['a cookie', '/', { cookie: `token=${token}` }],
    ['a header of a proxy', '/', { 'x-forwarded-access-token': token }],
  ] as const) {
    const answer = await app.inject({ url, headers })
    t.equal(answer.statusCode, 401, name)
    t.equal(
      answer.headers['www-authenticate'],
      'Bearer realm="stint"',
      `${name}: no credentials, no error code`,
    )
  }

  // Over a real connection, where Node itself would silently drop the second header.
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const { request } = await import('node:http')
  const status = (lines: string[]) =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent: false }, (response) => resolve(response.resume().statusCode))
      sent.setHeader('Authorization', lines)
      sent.on('error', reject).end()
    })
  t.equal(await status([`Bearer ${token}`]), 200)
  t.equal(await status([`Bearer ${token}`, `Bearer ${token}`]), 401, 'two headers')
  t.equal(await status([`Bearer ${token}`, 'Basic eDp5']), 401, 'two headers of two kinds')
})

t.test('signatures', async (t) => {
  const { time, idp, accepts, refuses } = await setUp(t)
  const good = idp.token()
  const [head = '', body = '', signature = ''] = good.split('.')
  const stranger = newKey('ES256', idp.keys[0]!.kid)
  await refuses(/signature does not verify/, tamper(good), 'before any good one was seen')
  await accepts(good, 'the good one')
  await refuses(/signature does not verify/, tamper(good), 'and after')
  await refuses(
    /signature does not verify/,
    withPayload(good, { iss: idp.issuer, sub: 'boss' }),
    'another payload',
  )
  await refuses(
    /signature does not verify/,
    idp.token({}, { key: stranger }),
    "a stranger's key under a good kid",
  )
  await refuses(/signature does not verify/, `${head}.${body}.AAAA`, 'a short signature')
  await refuses(/signature does not verify/, `${head}.${body}.${'A'.repeat(86)}`, 'a signature of zeros')
  await refuses(/not signed/, `${head}.${body}.`)
  await refuses(/publishes no key/, idp.token({}, { header: { kid: 'other' } }))
  await refuses(/the kid in its header/, idp.token({}, { header: { kid: { $ne: '' } } }))
  await refuses(/publishes no key/, idp.token({}, { header: { kid: '../../dev/null' } }))
  await accepts(idp.token({}, { header: { kid: undefined } }), 'no kid where there is one key')

  await refuses(/algorithm is not one of/, idp.token({}, { alg: 'none' }))
  await refuses(/algorithm is not one of/, idp.token({}, { alg: 'none', header: { alg: 'NONE' } }))
  await refuses(
    /algorithm is not one of/,
    `${idp.token({}, { alg: 'none' })}${signature}`,
    'none with a signature',
  )
  for (const alg of ['RS256', 'ES256'] as const) {
    const key = idp.rotate(alg)
    time.now += minute
    await accepts(idp.token(), alg)
    const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const secret of [pem, pem.trim(), JSON.stringify(key.jwk), String(key.jwk['n'] ?? key.jwk['x'])]) {
      const forged = { alg: 'HS256', key: secret, header: { kid: key.kid } }
      await refuses(/algorithm is not one of/, idp.token({}, forged), `HMAC with the public ${alg} key`)
      await refuses(
        /not|no key/,
        idp.token({}, { ...forged, header: { kid: key.kid, alg } }),
        `an HMAC called ${alg}`,
      )
    }
    await refuses(/publishes no key/, idp.token({}, { header: { alg: alg === 'RS256' ? 'ES256' : 'RS256' } }))
  }
})

t.test('headers that would change the rules', async (t) => {
  const { idp, accepts, refuses } = await setUp(t)
  const mine = newKey('ES256', 'mine')
  const evil = await startIdentityProvider()
  t.teardown(() => evil.close())
  evil.keys = [mine]
  const { kid } = mine
  await refuses(/has jku/, idp.token({}, { key: mine, header: { kid, jku: `${evil.issuer}/jwks` } }))
  await refuses(/has x5u/, idp.token({}, { key: mine, header: { kid, x5u: `${evil.issuer}/jwks` } }))
  await refuses(/has jwk/, idp.token({}, { key: mine, header: { jwk: mine.jwk } }))
  await refuses(/has x5c/, idp.token({}, { key: mine, header: { x5c: ['MIIB'] } }))
  await refuses(
    /has jku/,
    idp.token({}, { header: { jku: `${idp.issuer}/jwks` } }),
    'even when signed by the issuer',
  )
  for (const crit of [['exp'], ['b64'], [], 'exp'])
    await refuses(/has crit/, idp.token({}, { header: { crit, b64: false } }))
  t.same(evil.hits, { discovery: 0, jwks: 0 }, 'nothing a token names is fetched')

  await refuses(/typ in its header is not at\+jwt/, idp.idToken(), 'an ID token')
  await refuses(/typ in its header is not at\+jwt/, idp.token({}, { header: { typ: undefined } }))
  await accepts(idp.token({}, { header: { typ: 'application/AT+JWT' } }), 'the long form')
})

t.test('tokens that two readers may understand differently', async (t) => {
  const { idp, refuses, accepts } = await setUp(t)
  const { kid } = idp.keys[0]!
  const claims = `"iss":"${idp.issuer}","aud":"stint","groups":[],"iat":${Date.UTC(2026, 10, 22, 10) / 1_000},"exp":9999999999`
  const header = { typ: 'at+jwt' }
  await accepts(idp.sign(`{${claims},"sub":"ana"}`, { header }), 'each name once')
  const malformed = /not a JWT of three parts, with each member of its JSON once/
  for (const payload of [
    `{${claims},"sub":"ana","sub":"boss"}`,
    `{${claims},"sub":"ana","\\u0073ub":"boss"}`,
    `{"iss":"https://evil.example",${claims},"sub":"ana"}`,
    `{${claims},"sub":"ana","run":{"by":1,"by":2}}`,
    `[{${claims},"sub":"ana"}]`,
    `{${claims},"sub":"ana"}}`,
    `\ufeff{${claims},"sub":"ana"}`,
    '"ana"',
    'null',
    '',
    '['.repeat(8_000),
  ])
    await refuses(malformed, idp.sign(payload, { header }), payload.slice(-40))
  await refuses(
    malformed,
    idp.token({}, { rawHeader: `{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"${kid}"}` }),
  )
  await refuses(
    malformed,
    idp.token({}, { rawHeader: `{"typ":"JWT","alg":"ES256","typ":"at+jwt","kid":"${kid}"}` }),
  )

  const good = idp.token()
  for (const token of [
    'x',
    'a.b',
    '..',
    '...',
    `${good}.x`,
    `${good}=`,
    good.replace('.', '..'),
    `x${good}`,
    good.slice(1),
    `${good}\u00e9`,
    'null',
    '{}',
  ])
    await refuses(/not a JWT|signature|algorithm/, token, token.slice(0, 20))
  // As a JSON serialisation, and as an encrypted token of five parts.
  await refuses(malformed, Buffer.from('{"payload":""}').toString())
  await refuses(malformed, [...good.split('.'), 'x', 'y'].join('.'))
})

t.test('who issued it', async (t) => {
  const { idp, ci, refuses } = await setUp(t)
  const stranger = await startIdentityProvider({ now: () => Date.UTC(2026, 10, 22, 10) })
  t.teardown(() => stranger.close())
  await refuses(/no issuer "http:\/\/127\.0\.0\.1:\d+" is configured/, stranger.token())
  t.same(stranger.hits, { discovery: 0, jwks: 0 }, 'an issuer that is not configured is not asked')
  await refuses(
    /no issuer "evil'\?\?\?\?x+" is/,
    idp.token({ iss: `evil"\u202e\\\n\0${'x'.repeat(5_000)}` }),
    'echoed harmlessly',
  )
  for (const iss of [undefined, null, 7, [idp.issuer], {}])
    await refuses(/no iss claim that is a string/, idp.token({ iss }))
  for (const iss of [`${idp.issuer}/`, idp.issuer.toUpperCase(), 'constructor', '__proto__', ''])
    await refuses(/no issuer "/, idp.token({ iss }), iss)
  await refuses(
    /publishes no key|signature/,
    idp.token({ iss: ci.issuer }, { header: { typ: 'JWT', kid: 'x' } }),
    "another issuer's key",
  )
  await refuses(
    /signature does not verify/,
    idp.token({ iss: ci.issuer }, { header: { typ: 'JWT' } }),
    'under the same kid',
  )

  const app = fastify()
  t.throws(
    () => registerTokens(app, { issuers: [idp.config(), idp.config()], fetch, clock: () => 0 }),
    { code: 'invalid_config' },
    'two entries for one issuer would leave it to chance which one counts',
  )
})

t.test('claims', async (t) => {
  const { time, idp, accepts, refuses } = await setUp(t, {
    claims: { subject: 'email', groups: 'groups', keep: [] },
    clients: ['cli'],
  })
  const good = { azp: 'cli', email: 'Ana@example.com', email_verified: true }
  const of = (changes: Record<string, unknown> = {}) => idp.token({ ...good, ...changes })
  t.match(await accepts(of(), 'all of them'), { subject: `${idp.issuer}#ana@example.com` })
  t.match(await accepts(of({ groups: 'a b', aud: ['x', 'stint'] }), 'lists'), { groups: ['a', 'b'] })
  for (const claim of ['aud', 'exp', 'iat', 'email', 'groups'])
    await refuses(new RegExp(`has no ${claim} claim`), of({ [claim]: undefined }))
  await refuses(/for another audience/, of({ aud: 'other' }))
  await refuses(/for another audience/, of({ aud: ['other', 'stint '] }))
  await refuses(/email is not verified/, of({ email_verified: false }))
  await refuses(/another client/, of({ azp: 'evil' }))
  await refuses(/exp is not a time/, of({ exp: '9999999999' }))
  await refuses(/groups overage/, of({ groups: undefined, _claim_names: { groups: 'src1' } }))
  await refuses(/it has nonce/, of({ nonce: 'n' }))
  await refuses(/in the future/, of({ iat: time.now / 1_000 + 60 }))
})

t.test('what was verified once is judged again each time', async (t) => {
  const { time, idp, accepts, refuses } = await setUp(t)
  const short = idp.token({ exp: time.now / 1_000 + 60 })
  const long = idp.token({ exp: time.now / 1_000 + 36_000 })
  await accepts(short, 'fresh')
  await accepts(short, 'remembered')
  time.now += 90 * second
  await refuses(/it expired at 2026-11-22T10:01:00\.000Z/, short)

  await accepts(long, 'remembered')
  idp.rotate()
  await accepts(long, 'while the old keys are fresh')
  time.now += 60 * minute
  await refuses(/publishes no key/, long, 'a withdrawn key ends what it verified, remembered or not')
})

t.test('an issuer that cannot be asked', async (t) => {
  const { time, idp, ci, send, accepts } = await setUp(t)
  idp.answers.discovery = 'fail'
  const answer = await send(idp.token())
  t.equal(answer.statusCode, 503)
  t.match(answer.json(), { code: 'keys_unavailable', retryAfter: 30 })
  await accepts(ci.idToken(), 'the other issuer is not affected')
  idp.answers.discovery = 'ok'
  time.now += 30 * second
  await accepts(idp.token(), 'later')
})

t.test('nothing a client sends is a server fault', async (t) => {
  const { idp, send } = await setUp(t)
  const good = idp.token()
  const keys: readonly IdentityProvider['keys'][number][] = idp.keys
  const odd: readonly unknown[] = [
    null,
    0,
    -1,
    1e308,
    true,
    '',
    'x',
    '\ud800',
    [],
    [null],
    {},
    { toString: 1, valueOf: 1 },
    [[[]]],
  ]
  for (const claim of [
    'iss',
    'aud',
    'sub',
    'exp',
    'iat',
    'nbf',
    'groups',
    'azp',
    'typ',
    'token_use',
    'auth_time',
    '_claim_names',
    'jti',
  ])
    for (const value of odd) {
      const { statusCode } = await send(idp.token({ [claim]: value }))
      if (statusCode !== 401 && statusCode !== 200) t.fail(`${claim} ${JSON.stringify(value)}: ${statusCode}`)
    }
  for (const name of ['alg', 'kid', 'typ', 'crit', 'cty', 'b64', 'zip', 'x5t'])
    for (const value of odd) {
      const { statusCode } = await send(idp.token({}, { header: { [name]: value } }))
      if (statusCode !== 401 && statusCode !== 200)
        t.fail(`header ${name} ${JSON.stringify(value)}: ${statusCode}`)
    }
  for (let cut = 0; cut < good.length; cut += 7) {
    const { statusCode } = await send(good.slice(0, cut))
    if (statusCode !== 401) t.fail(`cut at ${cut}: ${statusCode}`)
  }
  t.equal(keys.length, 1)
  t.equal((await send(good)).statusCode, 200, 'and the server is well')
})
