import t from 'tap'
import type { Test } from 'tap'
import { Fault } from '../../src/fault.js'
import { toIdentity } from '../../src/identity/claims.js'
import { algorithms } from '../../src/identity/issuer.js'
import type { Issuer } from '../../src/identity/issuer.js'
import { isPrintable } from '../../src/identity/printable.js'
import { hasDuplicateNames, parseObject } from '../../src/identity/strict-json.js'

const now = Date.UTC(2026, 10, 22, 10)
const seconds = now / 1_000
const issuer: Issuer = {
  issuer: 'https://login.example.com',
  directory: 'corp',
  kind: 'person',
  token: 'access',
  types: [],
  audience: 'stint',
  clients: [],
  claims: { subject: 'sub', groups: 'groups', keep: [] },
  require: {},
  algorithms,
  maxAge: 12 * 3_600_000,
}
const idIssuer: Issuer = { ...issuer, token: 'id' }

type Members = Readonly<Record<string, unknown>>

const header = (changes: Members = {}): Members => ({ alg: 'RS256', kid: 'one', typ: 'at+jwt', ...changes })
const idHeader = (changes: Members = {}): Members => header({ typ: 'JWT', ...changes })

/** A good payload with changes; undefined removes a claim, as JSON would. */
const payload = (changes: Members = {}): Members =>
  JSON.parse(
    JSON.stringify({
      iss: issuer.issuer,
      aud: 'stint',
      sub: 'ana',
      groups: ['engineers'],
      iat: seconds,
      exp: seconds + 3_600,
      ...changes,
    }),
  ) as Members

const identity = (changes: Members = {}, settings: Partial<Issuer> = {}, head = header()) =>
  toIdentity({ ...issuer, ...settings }, head, payload(changes), now)

function refuses(t: Test, why: RegExp, from: () => unknown, name = String(why)): void {
  try {
    t.fail(`${name}: taken as ${JSON.stringify(from())}`)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    t.equal(error.code, 'unauthenticated', name)
    t.match(error.detail, why, name)
  }
}

t.test('a good token', async (t) => {
  t.same(identity(), {
    subject: 'corp#ana',
    issuer: 'https://login.example.com',
    kind: 'person',
    groups: ['engineers'],
    claims: {},
    issuedAt: now,
    expiresAt: now + 3_600_000,
  })
  t.same(
    identity(
      {
        run: { by: 1 },
        actor: 'octocat',
        auth_time: seconds - 60,
        acr: 'urn:mfa',
        amr: ['pwd', 'otp'],
        ref: 'main',
        n: 1,
        ok: true,
        list: ['a'],
      },
      {
        kind: 'workload',
        claims: { subject: 'sub', actor: 'actor', keep: ['ref', 'n', 'ok', 'list', 'absent', 'constructor'] },
      },
    ),
    {
      subject: 'corp#ana',
      issuer: 'https://login.example.com',
      kind: 'workload',
      groups: [],
      actor: 'corp#octocat',
      claims: { ref: 'main', n: 1, ok: true, list: ['a'] },
      authTime: now - 60_000,
      acr: 'urn:mfa',
      amr: ['pwd', 'otp'],
      issuedAt: now,
      expiresAt: now + 3_600_000,
    },
  )
})

t.test('the header', async (t) => {
  const of = (changes: Members, settings: Partial<Issuer> = {}) => identity({}, settings, header(changes))
  for (const alg of [
    'none',
    'None',
    'HS256',
    'HS512',
    'rs256',
    'RS256 ',
    'ES256K',
    '',
    7,
    null,
    undefined,
    ['RS256'],
    'constructor',
  ])
    refuses(t, /algorithm is not one of RS256/, () => of({ alg }), `alg ${JSON.stringify(alg)}`)
  refuses(t, /not one of ES256\./, () => of({}, { algorithms: ['ES256'] }))
  for (const name of ['crit', 'jku', 'jwk', 'x5u', 'x5c'])
    for (const value of [['exp'], [], 'https://evil.example/keys', { kty: 'RSA' }, null])
      refuses(t, new RegExp(`its header has ${name},`), () => of({ [name]: value }))
  for (const kid of ['', 'k'.repeat(257), 7, null, {}])
    refuses(t, /the kid in its header/, () => of({ kid }), `kid ${JSON.stringify(kid)?.slice(0, 20)}`)
  t.ok(of({ kid: undefined }), 'a token may leave its kid out')

  t.ok(of({ typ: 'application/at+jwt' }))
  t.ok(of({ typ: 'AT+JWT' }))
  for (const typ of ['JWT', undefined, 'jwt', 'at+jwt ', 'logout+jwt', 'dpop+jwt', ''])
    refuses(t, /typ in its header is not at\+jwt/, () => of({ typ }), `access, typ ${typ}`)
  for (const typ of [7, null, ['at+jwt'], {}])
    refuses(t, /typ in its header is not a string/, () => of({ typ }))
  t.ok(of({ typ: 'JWT' }, { types: ['jwt'] }), 'an issuer that writes JWT')
  t.ok(of({ typ: undefined }, { types: ['jwt'] }), 'or nothing')
  refuses(t, /not jwt,/, () => of({}, { types: ['jwt'] }))
  refuses(t, /not at\+jwt or x,/, () => of({ typ: 'JWT' }, { types: ['at+jwt', 'x'] }))

  const ofId = (changes: Members, settings: Partial<Issuer> = {}) =>
    identity({}, { ...idIssuer, ...settings }, idHeader(changes))
  t.ok(ofId({}))
  t.ok(ofId({ typ: undefined }))
  refuses(t, /access token where an ID token is due/, () => ofId({ typ: 'at+jwt' }))
  refuses(t, /access token where an ID token/, () =>
    ofId({ typ: 'application/AT+JWT' }, { types: ['at+jwt'] }),
  )
  refuses(t, /typ in its header is not jwt/, () => ofId({ typ: 'logout+jwt' }))
})

t.test('one kind of token for the other', async (t) => {
  const types = ['jwt']
  for (const mark of ['nonce', 'at_hash', 'c_hash', 's_hash']) {
    refuses(t, new RegExp(`it has ${mark}, so it is not an access token`), () =>
      identity({ [mark]: 'x' }, { types }, idHeader()),
    )
    t.ok(identity({ [mark]: 'x' }, idIssuer, idHeader()), `an ID token may have ${mark}`)
  }
  for (const mark of ['scope', 'scp']) {
    refuses(t, new RegExp(`it has ${mark}, so it is not an ID token`), () =>
      identity({ [mark]: 'x' }, idIssuer, idHeader()),
    )
    t.ok(identity({ [mark]: 'x' }), `an access token may have ${mark}`)
  }
  for (const [claim, kind] of [
    ['token_use', 'id'],
    ['typ', 'ID'],
    ['typ', 'Refresh'],
    ['typ', 'Logout'],
  ] as const)
    refuses(t, new RegExp(`its ${claim} claim says`), () =>
      identity({ [claim]: kind }, { types }, idHeader()),
    )
  for (const [claim, kind] of [
    ['token_use', 'access'],
    ['typ', 'Bearer'],
    ['typ', 'Offline'],
  ] as const)
    refuses(t, new RegExp(`its ${claim} claim says`), () => identity({ [claim]: kind }, idIssuer, idHeader()))
  t.ok(identity({ token_use: 'access', typ: 'Bearer' }))
  t.ok(identity({ token_use: 'id', typ: 'ID', client_id: 'x' }, idIssuer, idHeader()))
})

t.test('issuer, audience and client', async (t) => {
  for (const iss of [
    undefined,
    null,
    'https://login.example.com/',
    'https://LOGIN.example.com',
    ['https://login.example.com'],
    7,
  ])
    refuses(
      t,
      /its iss is not https:\/\/login\.example\.com/,
      () => identity({ iss }),
      `iss ${JSON.stringify(iss)}`,
    )

  t.ok(identity({ aud: ['stint'] }))
  t.ok(identity({ aud: ['other', 'stint'] }))
  for (const aud of ['other', 'Stint', 'stint ', 'stint other', '', [], ['other'], [['stint']]])
    refuses(t, /aud is n/, () => identity({ aud }), `aud ${JSON.stringify(aud)}`)
  for (const aud of [7, true, { stint: true }, ['stint', 7], ['stint', null], [['stint'], 'stint']])
    refuses(t, /neither a string nor a list/, () => identity({ aud }), `aud ${JSON.stringify(aud)}`)
  for (const aud of [undefined, null]) refuses(t, /has no aud claim/, () => identity({ aud }))

  const clients = ['cli', 'web']
  t.ok(identity({ azp: 'cli' }, { clients }))
  t.ok(identity({ client_id: 'web', aud: ['a', 'stint'] }, { clients }))
  refuses(t, /no azp or client_id/, () => identity({}, { clients }))
  for (const parties of [
    { azp: 'evil' },
    { azp: 'cli', client_id: 'evil' },
    { azp: 'evil', client_id: 'cli' },
    { azp: ['cli'] },
    { azp: null, client_id: 'cli' },
  ])
    refuses(t, /another client/, () => identity(parties, { clients }), JSON.stringify(parties))

  const many = { aud: ['stint', 'other'] }
  refuses(
    t,
    /no azp/,
    () => identity(many, idIssuer, idHeader()),
    'an ID token for several, issued to nobody',
  )
  refuses(t, /another client/, () => identity({ ...many, azp: 'other' }, idIssuer, idHeader()))
  t.ok(identity({ ...many, azp: 'stint' }, idIssuer, idHeader()))
  t.ok(identity({ ...many, azp: 'cli' }, { ...idIssuer, clients }, idHeader()))
})

t.test('times', async (t) => {
  for (const claim of ['exp', 'iat']) {
    for (const value of [undefined, null])
      refuses(t, new RegExp(`has no ${claim} claim`), () => identity({ [claim]: value }))
    for (const value of ['1800000000', true, {}, [seconds], -1, 1e300])
      refuses(
        t,
        new RegExp(`its ${claim} is not a time`),
        () => identity({ [claim]: value }),
        `${claim} ${JSON.stringify(value)}`,
      )
  }
  for (const value of [null, '0', -1]) refuses(t, /its nbf is not a time/, () => identity({ nbf: value }))
  for (const exp of [NaN, Infinity])
    refuses(
      t,
      /its exp is not a time/,
      () => toIdentity(issuer, header(), { ...payload(), exp }, now),
      `exp ${exp}`,
    )

  const ages = { iat: seconds - 3_600 }
  t.ok(identity({ ...ages, exp: seconds - 29.9 }), 'clocks may differ by half a minute')
  refuses(t, /it expired at 2026-11-22T09:59:30\.000Z; sign in again/, () =>
    identity({ ...ages, exp: seconds - 30 }),
  )
  t.ok(identity({ iat: seconds + 30 }))
  refuses(t, /iat lies in the future/, () => identity({ iat: seconds + 31 }))
  t.ok(identity({ nbf: seconds + 30 }))
  refuses(t, /not valid yet/, () => identity({ nbf: seconds + 31 }))
  t.equal(identity({ exp: seconds + 0.5 }).expiresAt, now + 500)

  const maxAge = 3_600_000
  t.equal(
    identity({ ...ages, exp: seconds + 1e6 }, { maxAge: 2 * maxAge }).expiresAt,
    now + maxAge,
    'the shorter life counts',
  )
  t.ok(identity({ iat: seconds - 3_629, exp: seconds + 1e6 }, { maxAge }))
  refuses(t, /older than its issuer's max age/, () =>
    identity({ iat: seconds - 3_630, exp: seconds + 1e6 }, { maxAge }),
  )

  for (const value of ['1', null, -1])
    refuses(t, /its auth_time is not a time/, () => identity({ auth_time: value }))
  refuses(t, /auth_time lies in the future/, () => identity({ auth_time: seconds + 31 }))
  for (const acr of [2, null, '', 'a\u0000']) refuses(t, /its acr/, () => identity({ acr }))
  for (const amr of ['mfa', null, [1], Array(101).fill('x')]) refuses(t, /its amr/, () => identity({ amr }))
})

t.test('who it is', async (t) => {
  for (const sub of [undefined, null]) refuses(t, /has no sub claim/, () => identity({ sub }))
  for (const sub of [
    '',
    ' ana',
    'ana ',
    'a\u0000na',
    'ana\n',
    'an\u200ba',
    'a\u202ena',
    'a\u2066na',
    'ana\ufeff',
    'ana\u00a0b',
    'a\u3164',
    'a\u00ad',
    'a\ud800',
    'x'.repeat(257),
    7,
    true,
    ['ana'],
    {},
  ])
    refuses(
      t,
      /its sub is not a string of 1 to 256 visible/,
      () => identity({ sub }),
      `sub ${JSON.stringify(sub)?.slice(0, 20)}`,
    )
  t.equal(identity({ sub: 'Ana Núñez|x#y' }).subject, 'corp#Ana Núñez|x#y', 'kept as the issuer writes it')
  t.ok(isPrintable('Ana Núñez 安娜'))
  refuses(
    t,
    /has no constructor claim/,
    () => identity({}, { claims: { subject: 'constructor', keep: [] } }),
    'no inherited claim',
  )

  const claims = { subject: 'email', keep: [] }
  const byEmail = (changes: Members) => identity(changes, { claims })
  for (const email_verified of [true, 'true'])
    t.equal(byEmail({ email: 'Ana@Example.COM', email_verified }).subject, 'corp#ana@example.com')
  t.equal(
    byEmail({ email: 'Jose\u0301@example.com', email_verified: true }).subject,
    'corp#jos\u00e9@example.com',
  )
  for (const email_verified of [undefined, null, false, 'false', 'True', 1, 'yes', [true]])
    refuses(
      t,
      /email is not verified/,
      () => byEmail({ email: 'ana@example.com', email_verified }),
      `email_verified ${JSON.stringify(email_verified)}`,
    )
  for (const email of ['ana', '@example.com', 'ana@', 'a@b@c', 'a na@example.com'])
    refuses(t, /not an e-mail address/, () => byEmail({ email, email_verified: true }), email)
  refuses(t, /has no email claim/, () => byEmail({ email_verified: true }))

  const actor = (value: unknown, claim = 'actor', more: Members = {}) =>
    identity({ [claim]: value, ...more }, { claims: { subject: 'sub', actor: claim, keep: [] } }).actor
  t.equal(actor('octocat'), 'corp#octocat')
  t.equal(
    actor('Ana@Example.com', 'user_email'),
    'corp#ana@example.com',
    'the same person, however a run spells it',
  )
  t.equal(actor('Ana@example.com', 'email', { email_verified: true }), 'corp#ana@example.com')
  refuses(t, /email is not verified/, () => actor('ana@example.com', 'email'))

  // A person approves nothing of their own run, however the run spells them.
  const behind = (actors: Issuer['actors'], claim: string, value: string, more: Members = {}) =>
    identity(
      { [claim]: value, ...more },
      {
        directory: 'ci',
        kind: 'workload',
        claims: { subject: 'sub', actor: claim, keep: [] },
        ...(actors && { actors }),
      },
    ).actor
  const emails = { directory: 'corp', email: true }
  t.equal(behind(emails, 'actor', 'Bo@Example.com'), 'corp#bo@example.com', 'as bo is told elsewhere')
  t.equal(behind(emails, 'user_email', 'Jose\u0301@example.com'), 'corp#jos\u00e9@example.com')
  refuses(t, /its actor is not an e-mail address/, () => behind(emails, 'actor', 'octocat'))
  refuses(t, /email is not verified/, () => behind(emails, 'email', 'bo@example.com'))
  const exact = { directory: 'corp', email: false }
  t.equal(behind(exact, 'actor', 'Bo'), 'corp#Bo', 'exactly as written')
  t.equal(
    behind(exact, 'user_email', 'Bo@Example.com'),
    'corp#Bo@Example.com',
    'by the form of the directory',
  )
  refuses(t, /email is not verified/, () => behind(exact, 'email', 'Bo@example.com'))
  const names = { names: { 'bo-dev': 'corp#bo@example.com' } }
  t.equal(behind(names, 'actor', 'bo-dev'), 'corp#bo@example.com')
  t.equal(behind(names, 'actor', 'Bo-Dev'), 'ci#Bo-Dev', 'another name is no person of the directory')
  t.equal(behind(names, 'actor', 'constructor'), 'ci#constructor')
  t.equal(behind(undefined, 'actor', 'bo'), 'ci#bo')
  refuses(
    t,
    /has no actor claim/,
    () => actor(undefined),
    'a run without a person is nobody to compare voters with',
  )
  refuses(t, /its actor is not a string/, () => actor(''))
})

t.test('groups', async (t) => {
  const of = (groups: unknown, more: Members = {}) => identity({ groups, ...more }).groups
  t.same(of(['a', 'b c', 'a']), ['a', 'b c'])
  t.same(of('a b  c a'), ['a', 'b', 'c'])
  t.same(of([]), [])
  t.same(of(''), [])
  t.equal(of(Array.from({ length: 500 }, (_, index) => `g${index}`)).length, 500)
  for (const groups of [undefined, null]) refuses(t, /has no groups claim/, () => of(groups))
  for (const groups of [7, true, { a: 1 }]) refuses(t, /neither a list nor a string/, () => of(groups))
  for (const groups of [
    ['a', 7],
    ['a', null],
    [['a']],
    [''],
    [' a'],
    ['a\u200b'],
    ['x'.repeat(257)],
    'a\tb',
    'a\u202eb',
  ])
    refuses(t, /has a group that is not/, () => of(groups), JSON.stringify(groups).slice(0, 30))
  refuses(t, /more than 500/, () => of(Array(501).fill('a')))
  refuses(t, /more than 500/, () => of('a '.repeat(501)))

  for (const pointer of [
    { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example/' } } },
    { hasgroups: true },
    { hasgroups: 'true' },
    { 'groups:src1': 'https://graph.example/' },
  ])
    for (const groups of [undefined, ['a']])
      refuses(
        t,
        /too many \(a groups overage\).*only the groups that are assigned/,
        () => of(groups, pointer),
        JSON.stringify(pointer),
      )
  t.same(
    of(['a'], { _claim_names: { address: 'src1' }, hasgroups: false }),
    ['a'],
    'pointers for other claims do not matter',
  )
  t.same(
    identity(
      { 'https://example.com/roles': ['a'] },
      { claims: { subject: 'sub', groups: 'https://example.com/roles', keep: [] } },
    ).groups,
    ['a'],
  )
})

t.test('bound claims and kept ones', async (t) => {
  const bound = (value: unknown, accepted: readonly (string | number | boolean)[]) =>
    identity({ bound: value }, { require: { bound: accepted } })
  t.ok(bound('1234567', ['1234567']))
  t.ok(bound('b', ['a', 'b']))
  t.ok(bound(7, [7]))
  t.ok(bound(false, [false]))
  t.ok(bound(['x', 'a'], ['a']), 'one element of a list is enough')
  for (const [value, accepted] of [
    [1234567, '1234567'],
    ['1234567', 1234567],
    ['true', true],
    [1, true],
    [0, false],
    ['', false],
    ['refs/heads/main2', 'refs/heads/main'],
    ['REFS/HEADS/MAIN', 'refs/heads/main'],
    [[], 'a'],
    [['b'], 'a'],
    [[['a']], 'a'],
    [{ a: 'a' }, 'a'],
  ] as const)
    refuses(t, /its bound is not /, () => bound(value, [accepted]), JSON.stringify([value, accepted]))
  for (const value of [undefined, null]) refuses(t, /has no bound claim/, () => bound(value, ['a']))
  refuses(t, /its bound is not "a" or 7/, () => bound('secret', ['a', 7]))

  const kept = (value: unknown) =>
    identity({ kept: value }, { claims: { subject: 'sub', keep: ['kept'] } }).claims
  for (const value of ['', 'x', 0, false, [], ['a', 'b']]) t.same(kept(value), { kept: value })
  for (const value of [
    null,
    {},
    { a: 1 },
    [1],
    [['a']],
    'x'.repeat(1_025),
    ['x'.repeat(1_025)],
    Array(101).fill('x'),
  ])
    refuses(t, /its kept is not a string, number/, () => kept(value), JSON.stringify(value).slice(0, 20))
})

t.test('a refusal repeats nothing that the token says', async (t) => {
  const secret = 'sekrit\u202e<script>'
  for (const claim of [
    'iss',
    'aud',
    'exp',
    'iat',
    'nbf',
    'sub',
    'groups',
    'azp',
    'auth_time',
    'amr',
    'bound',
    'kept',
    'actor',
    'typ',
    'token_use',
  ]) {
    try {
      identity(
        { bound: 'ok', azp: 'cli', actor: 'a', [claim]: [[secret]] },
        {
          clients: ['cli'],
          require: { bound: ['ok'] },
          claims: { subject: 'sub', groups: 'groups', actor: 'actor', keep: ['kept'] },
        },
      )
      t.match(claim, /^(typ|token_use)$/, 'every other claim is looked at')
    } catch (error) {
      t.ok(
        error instanceof Fault && error.code === 'unauthenticated' && !error.detail.includes('sekrit'),
        claim,
      )
    }
  }
})

t.test('JSON with each name once', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":1, "b":{"c":1,"c":2}}',
    '[{"x":[{"a":1,"a" : 2}]}]',
    '{"__proto__":1,"__proto__":2}',
    '{"a\\"":1,"a\\"":2}',
    '{"\\\\":1,"\\\\":2}',
    '{"":1,"":2}',
  ])
    t.ok(hasDuplicateNames(text), text)
  for (const text of [
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '{"a":["a","a","a"]}',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '{"a":"{","b":"}"}',
    '{"a":"\\\\","b":1}',
    '[{"a":1},{"a":1}]',
    '{"A":1,"a":2}',
  ])
    t.notOk(hasDuplicateNames(text), text)

  const read = (text: string | Uint8Array) => parseObject(Buffer.from(text as string))
  t.same(read('{"a":1}'), { a: 1 })
  for (const text of [
    '',
    'null',
    '[]',
    '"a"',
    '7',
    '{"a":1',
    '{"a":1}x',
    '{a:1}',
    '\ufeff{"a":1}',
    '{"a":1,"a":1}',
  ])
    t.equal(read(text), undefined, JSON.stringify(text))
  t.equal(
    parseObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    undefined,
    'bytes that are not UTF-8',
  )
  t.equal(read('['.repeat(50_000)), undefined)
})
