import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { Fault } from '../../src/fault.js'
import type { FaultCode } from '../../src/fault.js'
import { createKeySet } from '../../src/identity/keys.js'
import type { KeySet } from '../../src/identity/keys.js'
import { readKeys } from '../../src/identity/jwk.js'
import type { Issuer } from '../../src/identity/issuer.js'
import { newKey, startIdentityProvider } from '../support/identity-provider.js'
import type { Answer } from '../support/identity-provider.js'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

async function setUp(t: Test, changes: Partial<Issuer> = {}, timeout?: number) {
  const time = { now: Date.UTC(2026, 10, 22, 10) }
  const idp = await startIdentityProvider({ now: () => time.now })
  t.teardown(() => idp.close())
  const keys = createKeySet({
    issuer: idp.config(changes),
    fetch,
    clock: () => time.now,
    ...(timeout !== undefined && { timeout }),
  })
  return { time, idp, keys, key: idp.keys[0]! }
}

async function refuses(
  t: Test,
  keys: KeySet,
  kid: string | undefined,
  alg: string,
  code: FaultCode,
): Promise<Fault> {
  try {
    await keys.key(kid, alg)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    t.equal(error.code, code, `${code}: ${error.detail}`)
    return error
  }
  throw new Error('a key was given')
}

const spki = (key: { publicKey: ReturnType<typeof newKey>['publicKey'] }) =>
  key.publicKey.export({ type: 'spki', format: 'pem' })

t.test('keys are fetched once, kept, and fetched again', async (t) => {
  const { time, idp, keys, key } = await setUp(t)
  t.same(keys.state(), { ready: false, keys: 0 })

  const found = await Promise.all(Array.from({ length: 20 }, () => keys.key(key.kid, 'ES256')))
  t.ok(found.every((pem) => pem === spki(key)))
  t.same(idp.hits, { discovery: 1, jwks: 1 }, 'twenty callers, one flight')
  t.same(keys.state(), { ready: true, keys: 1, fetchedAt: time.now })

  time.now += 10 * minute - 1
  await keys.key(key.kid, 'ES256')
  t.equal(idp.hits.jwks, 1, 'ten minutes from memory')
  time.now += 1
  await keys.key(key.kid, 'ES256')
  await keys.refresh()
  t.equal(idp.hits.jwks, 2, 'then asked again')

  const next = idp.rotate()
  await refuses(t, keys, next.kid, 'ES256', 'unauthenticated')
  t.equal(idp.hits.jwks, 2, 'not within the cooldown, whoever asks')
  time.now += 30 * second
  t.equal(await keys.key(next.kid, 'ES256'), spki(next), 'a new kid is looked for')
  await refuses(t, keys, key.kid, 'ES256', 'unauthenticated')
  t.equal(idp.hits.jwks, 3, 'and the withdrawn key is gone at once')

  time.now += 30 * second
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => keys.key(`invented-${index}`, 'ES256').catch(() => undefined)),
  )
  t.equal(idp.hits.jwks, 4, 'a flood of invented kids is one request')
})

t.test('an issuer that hangs holds nobody up; a withdrawn key is honoured for one answer', async (t) => {
  const { time, idp, keys, key } = await setUp(t, {}, 200)
  await keys.key(key.kid, 'ES256')
  const next = idp.rotate()

  idp.answers.jwks = 'hang'
  time.now += hour - 1
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.key(key.kid, 'ES256')))
  t.ok(found.every((pem) => pem === spki(key)))
  t.equal(keys.state().failure, undefined, 'given while the issuer is still being asked')
  await refuses(t, keys, next.kid, 'ES256', 'keys_unavailable')
  t.match(keys.state().failure, /in time/, 'an unknown key waits for the answer')
  t.equal(idp.hits.jwks, 2, 'which is the same for all')

  time.now += 30 * second
  t.equal(await keys.key(key.kid, 'ES256'), spki(key), 'no answer: the key of an hour ago')
  t.equal(idp.hits.jwks, 3, 'but only after asking')
  t.match(keys.state().failure, /in time/)

  idp.answers.jwks = 'ok'
  time.now += 30 * second
  await refuses(t, keys, key.kid, 'ES256', 'unauthenticated')

  idp.rotate()
  time.now += hour - 1
  t.equal(await keys.key(next.kid, 'ES256'), spki(next), 'withdrawn, and not known to be')
  await keys.refresh()
  await refuses(t, keys, next.kid, 'ES256', 'unauthenticated')
  const last = idp.rotate()
  time.now += 30 * second
  t.equal(await keys.key(last.kid, 'ES256'), spki(last))
  idp.rotate()
  time.now += hour
  await refuses(t, keys, last.kid, 'ES256', 'unauthenticated')
})

t.test('old keys outlive a failing issuer, for a while', async (t) => {
  const { time, idp, keys, key } = await setUp(t)
  await keys.key(key.kid, 'ES256')
  for (const answer of ['fail', 'garbage', 'huge', 'redirect', { body: { keys: [] } }] satisfies Answer[]) {
    idp.answers.jwks = answer
    time.now += 10 * minute
    t.equal(await keys.key(key.kid, 'ES256'), spki(key), `after ${JSON.stringify(answer)}`)
    await keys.refresh()
    t.type(keys.state().failure, 'string')
  }
  t.equal(idp.hits.jwks, 6)
  const unknown = await refuses(t, keys, 'new', 'ES256', 'keys_unavailable')
  t.ok(unknown.retryAfter, 'whether there is such a key by now is not known')
  t.equal(idp.hits.jwks, 6, 'a failed attempt cools down too')

  time.now += 24 * hour
  const fault = await refuses(t, keys, key.kid, 'ES256', 'keys_unavailable')
  t.notMatch(fault.detail, /answered|status|jwks/, 'the reason is for the operator')
  t.match(keys.state(), { ready: false, failure: /no key that can verify/ })

  idp.answers.jwks = 'ok'
  await refuses(t, keys, key.kid, 'ES256', 'keys_unavailable')
  time.now += 30 * second
  t.equal(await keys.key(key.kid, 'ES256'), spki(key))
  t.same(Object.keys(keys.state()).sort(), ['fetchedAt', 'keys', 'ready'], 'and no failure is left')
})

t.test('a first fetch that fails', async (t) => {
  const cases: [string, Partial<Record<'discovery' | 'jwks', Answer>>, RegExp][] = [
    ['an error', { discovery: 'fail' }, /status 503/],
    ['an error of the key set', { jwks: 'fail' }, /jwks answered with status 503/],
    ['a redirect', { discovery: 'redirect' }, /redirect/],
    ['a redirect of the key set', { jwks: 'redirect' }, /redirect/],
    ['a page', { discovery: 'garbage' }, /JSON object/],
    ['a list', { jwks: { body: [] } }, /JSON object/],
    ['too much', { discovery: 'huge' }, /more than 102400 bytes/],
    ['too much of a key set', { jwks: 'huge' }, /more than 102400 bytes/],
    ['no key_uri', { discovery: { body: {} } }, /another issuer/],
    ['another issuer', { discovery: { body: { issuer: 'https://evil.example' } } }, /another issuer/],
  ]
  for (const [name, answers, why] of cases) {
    const { idp, keys, key } = await setUp(t)
    Object.assign(idp.answers, answers)
    const fault = await refuses(t, keys, key.kid, 'ES256', 'keys_unavailable')
    t.equal(fault.retryAfter, 30, name)
    t.match(keys.state(), { ready: false, keys: 0, failure: why }, name)
  }

  for (const answers of [{ discovery: 'hang' }, { jwks: 'hang' }, { jwks: 'drip' }] as const) {
    const { idp, keys, key } = await setUp(t, {}, 30)
    Object.assign(idp.answers, answers)
    await refuses(t, keys, key.kid, 'ES256', 'keys_unavailable')
    t.match(keys.state().failure, /in time/, JSON.stringify(answers))
  }
})

t.test('where keys may come from', async (t) => {
  const asked: string[] = []
  const answerWith = (documents: Record<string, unknown>) => async (url: string) => {
    asked.push(url)
    return url in documents ? Response.json(documents[url]) : new Response('', { status: 404 })
  }
  const key = newKey('ES256', 'one')
  const set = { keys: [key.jwk] }
  const issuer = 'https://login.example.com/tenant/'
  const { idp } = await setUp(t)
  const discovery = 'https://login.example.com/tenant/.well-known/openid-configuration'
  const keySet = (changes: Partial<Issuer>, documents: Record<string, unknown>) =>
    createKeySet({ issuer: idp.config({ issuer, ...changes }), fetch: answerWith(documents), clock: () => 0 })

  const good = keySet(
    {},
    { [discovery]: { issuer, jwks_uri: 'https://keys.example.com/' }, 'https://keys.example.com/': set },
  )
  t.equal(await good.key('one', 'ES256'), spki(key), 'a slash at the end of the issuer is not doubled')
  t.equal(asked.length, 2)

  for (const uri of [
    'http://keys.example.com/',
    'http://127.0.0.1/',
    'http://localhost:1/',
    'http://127.0.0.1.example.com/',
    'http://localhost@keys.example.com/',
    'https://user:word@keys.example.com/',
    'file:///etc/passwd',
    'data:application/json,{}',
    '/keys',
    7,
    undefined,
  ]) {
    asked.length = 0
    const keys = keySet({}, { [discovery]: { issuer, jwks_uri: uri } })
    await refuses(t, keys, 'one', 'ES256', 'keys_unavailable')
    t.same(asked, [discovery], `jwks_uri ${uri} is not fetched`)
  }
  const other = keySet(
    {},
    { [discovery]: { issuer: issuer.slice(0, -1), jwks_uri: 'https://keys.example.com/' } },
  )
  await refuses(t, other, 'one', 'ES256', 'keys_unavailable')
  t.match(other.state().failure, /another issuer/, 'to the last character')

  asked.length = 0
  const direct = keySet({ jwks: 'https://keys.example.com/' }, { 'https://keys.example.com/': set })
  t.equal(await direct.key('one', 'ES256'), spki(key))
  t.same(asked, ['https://keys.example.com/'], 'a configured key set needs no discovery')
  asked.length = 0
  await refuses(t, keySet({ jwks: 'http://keys.example.com/' }, {}), 'one', 'ES256', 'keys_unavailable')
  t.same(asked, [], 'but HTTPS')
})

t.test('which keys of a set count', async (t) => {
  const ec = newKey('ES256', 'ec')
  const rsa = newKey('RS256', 'rsa')
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' })
  const { alg: _, ...anyRsa } = rsa.jwk
  const kids = (...keys: unknown[]) => {
    const found = readKeys({ keys })
    return typeof found === 'string' ? found : found.map((key) => `${key.kid}:${key.algorithms.join()}`)
  }
  t.same(kids(ec.jwk, rsa.jwk), ['ec:ES256', 'rsa:RS256'])
  t.same(kids(anyRsa), ['rsa:RS256,RS384,RS512,PS256,PS384,PS512'])
  t.same(kids(newKey('ES384', 'a').jwk, newKey('ES512', 'b').jwk, newKey('EdDSA', 'c').jwk), [
    'a:ES384',
    'b:ES512',
    'c:EdDSA',
  ])
  t.same(kids({ ...ec.jwk, key_ops: ['verify'] }), ['ec:ES256'])

  for (const [name, jwk] of Object.entries({
    'for encryption': { ...ec.jwk, use: 'enc' },
    'not to verify with': { ...ec.jwk, key_ops: ['encrypt'] },
    'of another algorithm': { ...ec.jwk, alg: 'ES384' },
    'for HMAC by its alg': { ...rsa.jwk, alg: 'HS256' },
    'without a signature by its alg': { ...rsa.jwk, alg: 'none' },
    symmetric: { kty: 'oct', k: 'c2VjcmV0', kid: 'ec', alg: 'HS256' },
    'of 1,024 bits': { ...weak, kid: 'ec' },
    'with the exponent 1': { ...rsa.jwk, e: 'AQ' },
    'with its private part': { ...ec.privateKey.export({ format: 'jwk' }), kid: 'ec' },
    'on another curve': generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({
      format: 'jwk',
    }),
    'on Ed448': generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }),
    'off its curve': { ...ec.jwk, x: ec.jwk['y'] },
    'of two kinds': { ...ec.jwk, kty: 'RSA' },
    'on a curve called constructor': { ...ec.jwk, crv: 'constructor' },
    'with a kid that is no text': { ...ec.jwk, kid: 7 },
    'that is null': null,
    'that is text': 'key',
  }))
    t.match(kids(jwk), /no key that can verify/, `a key ${name} does not`)

  t.match(kids(ec.jwk, newKey('ES256', 'ec').jwk), /two different keys/)
  t.same(kids(ec.jwk, ec.jwk).length, 2, 'the same key twice does no harm')
  t.match(kids(...Array<unknown>(51).fill(ec.jwk)), /more than 50/)
  t.match(readKeys({}), /no list/)
  t.match(readKeys({ keys: {} }), /no list/)
})

t.test('which key a token gets', async (t) => {
  const { time, idp, keys } = await setUp(t)
  const [one, two, rsa] = [newKey('ES256', 'one'), newKey('ES256', 'two'), newKey('RS256', 'rsa')]
  idp.keys = [one, rsa]
  t.equal(await keys.key(undefined, 'ES256'), spki(one), 'no kid, one key that fits')
  t.equal(await keys.key('rsa', 'RS256'), spki(rsa))
  await refuses(t, keys, 'rsa', 'ES256', 'unauthenticated')
  await refuses(t, keys, 'rsa', 'RS512', 'unauthenticated')
  await refuses(t, keys, 'one', 'HS256', 'unauthenticated')
  await refuses(t, keys, 'one', 'none', 'unauthenticated')
  await refuses(t, keys, 'constructor', 'ES256', 'unauthenticated')

  idp.keys = [one, two]
  time.now += hour
  const fault = await refuses(t, keys, undefined, 'ES256', 'unauthenticated')
  t.match(fault.detail, /names no key/, 'no kid, two keys that fit')

  idp.keys = [one, { ...two, jwk: { ...two.jwk, kid: 'one' } }]
  time.now += hour
  t.equal(await keys.key('one', 'ES256'), spki(one), 'an ambiguous set replaces nothing')
  t.match(keys.state().failure, /two different keys/)
})
