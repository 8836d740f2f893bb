import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { request as httpRequest } from 'node:http'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import type { Entry } from '../../src/audit/event.js'
import type { Role } from '../../src/catalog/catalog.js'
import type { Decision, Scope } from '../../src/decision/decision.js'
import { Fault, faults } from '../../src/fault.js'
import type { Broker } from '../../src/grant/broker.js'
import type { Grant, Snapshot } from '../../src/grant/grant.js'
import type { Credentials, Mint } from '../../src/grant/mint.js'
import type { Store } from '../../src/grant/store.js'
import { ulids } from '../../src/grant/ulid.js'
import { preferred } from '../../src/http/accept.js'
import { parseBody } from '../../src/http/body.js'
import { defaultLimits, type HttpLimits } from '../../src/http/limits.js'
import { logLevel } from '../../src/http/log.js'
import { createMetrics } from '../../src/http/metrics.js'
import { buildServer } from '../../src/http/server.js'
import { complaint, quoted } from '../../src/http/shell.js'
import type { Verbs } from '../../src/http/verbs.js'
import { createWaits } from '../../src/http/waits.js'
import type { Issuer } from '../../src/identity/issuer.js'
import { parseRange, type Range } from '../../src/identity/network.js'

const contract = readFileSync('openapi.yaml', 'utf8')
const now = Date.parse('2026-11-22T10:00:00Z')
const id = '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'
const url = 'https://login.test'

// What the contract says of a schema, to hold answers against.
const ajv = new Ajv2020({ strictTypes: false, validateFormats: false, allErrors: true })
ajv.addVocabulary(['x-must', 'openapi', 'info', 'servers', 'tags', 'security', 'paths', 'components'])
ajv.addSchema(parse(contract) as object, 'stint')
function conforms(t: Test, schema: string, value: unknown) {
  const validate = ajv.compile({ $ref: `stint#/components/schemas/${schema}` })
  t.equal(validate(value), true, `${schema}: ${ajv.errorsText(validate.errors)}`)
}

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const issuer: Issuer = {
  issuer: url,
  directory: url,
  kind: 'person',
  token: 'access',
  types: [],
  audience: 'stint',
  clients: [],
  claims: { subject: 'sub', groups: 'groups', keep: [] },
  require: {},
  algorithms: ['ES256'],
  jwks: `${url}/keys`,
  maxAge: 86_400_000,
}

function token(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const seconds = now / 1_000
  const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })}.${part({
    iss: url,
    aud: 'stint',
    sub: subject,
    iat: seconds,
    exp: seconds + 3_600,
    groups: ['engineers'],
  })}`
  const signature = sign('sha256', Buffer.from(text), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
const ann = token('ann')

const scope: Scope = {
  role: 'orders-debug',
  account: '123456789012',
  accountName: 'prod',
  arn: 'arn:aws:iam::123456789012:role/stint-orders-debug',
  statements: [{ actions: ['dynamodb:GetItem'], resources: ['*'], conditions: { Bool: { k: ['true'] } } }],
  regions: ['us-east-1'],
  egress: ['203.0.113.0/24'],
  window: 900_000,
  lifetime: 900_000,
}
const decision: Decision = {
  outcome: 'allow',
  checks: [{ check: 'network', ok: false, detail: 'Not from here.', remedy: 'Use the VPN.' }],
  requirements: [{ rule: 'costly', votes: 1, by: 'group leads', within: 1_800_000, distinct: false }],
  scope,
  config: 'c0ffee',
  at: now,
}
const asker = {
  subject: `${url}#ann`,
  issuer: url,
  kind: 'person',
  groups: ['engineers'],
  claims: { secret: 'x' },
  address: '127.0.0.1',
} as const
const grant: Grant = {
  id,
  version: 1,
  state: 'active',
  asker,
  ask: { role: 'orders-debug', reason: 'because', ticket: 'T-1' },
  scope,
  decision,
  createdAt: now,
  activeAt: now,
  endsAt: now + 900_000,
}
const snapshot = (more: Partial<Grant> = {}): Snapshot => ({
  grant: { ...grant, ...more },
  votes: [{ grant: id, voter: { ...asker, subject: `${url}#bob` }, answer: 'yes', reason: 'ok', at: now }],
  issuances: [
    { id, grant: id, state: 'done', sessionName: 'ann', startedAt: now, accessKeyId: 'ASIA', attempts: 1 },
  ],
})
const credentials: Credentials = {
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: `se'cr$(touch /tmp/owned)et`,
  sessionToken: 'tok`en"\\',
  expiresAt: now + 900_000,
}
const role = {
  name: 'orders-debug',
  from: 'any',
  targets: new Map([
    ['123456789012', { account: '123456789012', accountName: 'prod', regions: ['us-east-1'] }],
  ]),
  reason: { min: 5, max: 500 },
} as unknown as Role
const entry: Entry = {
  seq: 7,
  at: now,
  kind: 'grant.active',
  by: `${url}#ann`,
  grant: id,
  text: '{"a":"b,c"}',
  leaf: 'ab'.repeat(32),
}

const stub: Verbs = {
  ask: async (_broker, _call, _ask, _key, present) => ({
    kind: 'active',
    id,
    answer: present(snapshot(), credentials),
  }),
  preview: async () => decision,
  issue: async (_broker, _call, _id, present) => present(snapshot(), credentials),
  vote: async () => snapshot(),
  close: async () => snapshot(),
  read: async () => snapshot(),
  search: async () => ({ items: [grant], next: id }),
  readEvents: async () => ({ items: [entry], next: 7 }),
  me: (_broker, { caller }) => ({ caller, networks: ['office'], auditor: false, operator: false }),
  roles: () => [
    {
      role,
      limits: { window: { default: 900_000, max: 14_400_000 }, lifetime: 900_000 },
      who: 'group engineers',
      approval: new Map([['123456789012', ['costly']]]),
    },
  ],
}

interface Face {
  verbs?: Partial<Verbs>
  limits?: Partial<HttpLimits['perMinute']>
  waits?: HttpLimits['waits']
  probe?: () => Promise<void>
  keysAreThere?: boolean
  proxies?: readonly string[]
  contract?: string
  log?: string[]
}

/** The face on stub verbs. Long polls end when `ring` is called, not by the clock. */
async function face(t: Test, options: Face = {}) {
  const bells = new Set<() => void>()
  const waits = createWaits(options.waits ?? defaultLimits.waits, (_after, ring) => {
    bells.add(ring)
    return () => bells.delete(ring)
  })
  const metrics = createMetrics(waits.size)
  let time = now
  const broker = {
    store: { probe: options.probe ?? (async () => {}) },
    mint: { lastSeen: () => ({ at: now, ok: false, detail: 'secret detail' }) },
    clock: () => time,
    newId: ulids(randomBytes),
    changed: waits.changed,
  } as unknown as Broker
  const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'ES256' }
  const server = await buildServer({
    broker,
    verbs: { ...stub, ...options.verbs },
    issuers: [issuer],
    trustedProxies: (options.proxies ?? []).map((text) => parseRange(text) as Range),
    limits: { perMinute: { ...defaultLimits.perMinute, ...options.limits }, waits: defaultLimits.waits },
    fetch: async () =>
      options.keysAreThere === false
        ? new Response('', { status: 500 })
        : new Response(JSON.stringify({ keys: [jwk] })),
    contract: options.contract ?? contract,
    log: options.log
      ? { level: 'debug', stream: { write: (line) => void options.log?.push(line) } }
      : { level: 'silent' },
    waits,
    metrics,
  })
  t.teardown(() => server.app.close())
  const call = (method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.app.inject({
      method,
      url: path,
      headers: { authorization: `Bearer ${ann}`, ...headers },
      ...(body !== undefined && { payload: body as object }),
    })
  return { ...server, call, waits, metrics, bells, later: (ms: number) => (time += ms) }
}

const wanted = { role: 'orders-debug', reason: 'because' }

t.test('the contract', async (t) => {
  const document = parse(contract) as {
    components: { schemas: { FaultCode: { enum: string[] } } }
    paths: object
  }
  t.same(document.components.schemas.FaultCode.enum, Object.keys(faults), 'every fault code, in order')

  const unknown = contract.replace('operationId: preview', 'operationId: foretell')
  await t.rejects(
    face(t, { contract: unknown }),
    /nothing handles: foretell/,
    'an operation without a handler',
  )

  let examples = 0
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { schema, examples: given } = node as {
      schema?: { $ref?: string; type?: string }
      examples?: Record<string, { $ref?: string; value?: unknown }>
    }
    if (schema && given)
      for (const [name, example] of Object.entries(given)) {
        const path = example.$ref?.split('/').at(-1)
        const value = path
          ? (document.components as unknown as { examples: Record<string, { value: unknown }> }).examples[
              path
            ]?.value
          : example.value
        if (schema.$ref) conforms(t, schema.$ref.split('/').at(-1)!, value)
        else t.type(value, 'string', name)
        examples++
      }
    Object.values(node).forEach(walk)
  }
  walk({
    paths: document.paths,
    responses: (document.components as unknown as { responses: object }).responses,
  })
  t.ok(examples > 30, `${examples} examples hold`)
})

t.test('answers are as the contract says', async (t) => {
  const { call } = await face(t)
  const table = [
    ['POST', '/v1/grants', wanted, 201, 'Granted'],
    ['POST', `/v1/grants/${id}/credentials`, undefined, 201, 'Granted'],
    [
      'POST',
      '/v1/decisions',
      { ...wanted, window: '1h30m', actions: ['s3:Get*'], resources: ['*'], regions: ['eu-west-1'] },
      200,
      'Decision',
    ],
    ['POST', `/v1/grants/${id}/votes`, { answer: 'no', reason: 'Too wide' }, 200, 'Grant'],
    ['POST', `/v1/grants/${id}/cancel`, undefined, 200, 'Grant'],
    ['POST', `/v1/grants/${id}/cancel`, {}, 200, 'Grant'],
    ['POST', `/v1/grants/${id}/end`, { reason: 'done' }, 200, 'Grant'],
    ['POST', `/v1/grants/${id}/revoke`, { reason: 'lost laptop' }, 200, 'Grant'],
    ['GET', `/v1/grants/${id}`, undefined, 200, 'Grant'],
    [
      'GET',
      '/v1/grants?state=active&state=ended&limit=2&from=2026-01-01T00:00:00Z',
      undefined,
      200,
      'GrantPage',
    ],
    ['GET', '/v1/audit/events?kind=vote.cast&after=0', undefined, 200, 'EntryPage'],
    ['GET', '/v1/roles', undefined, 200, 'RoleList'],
    ['GET', '/v1/me', undefined, 200, 'Me'],
    ['GET', '/healthz', undefined, 200, 'Health'],
  ] as const
  for (const [method, path, body, status, schema] of table) {
    const answer = await call(method, path, body)
    t.equal(answer.statusCode, status, `${method} ${path}: ${answer.body.slice(0, 200)}`)
    conforms(t, schema, answer.json())
    t.match(answer.headers, {
      'cache-control': 'no-store',
      'request-id': /^[0-9A-HJKMNP-TV-Z]{26}$/,
      'x-content-type-options': 'nosniff',
    })
    t.notMatch(answer.body, /"secret"/, 'no claim of the asker leaks')
  }
})

t.test('the verbs get what was asked, in their own terms', async (t) => {
  const seen: unknown[] = []
  const { call } = await face(t, {
    verbs: {
      ask: async (_b, { caller, request }, ask, key) => {
        seen.push(caller.subject, caller.address, typeof request, ask, key)
        return { kind: 'pending', snapshot: snapshot({ state: 'pending', decideBy: now + 60_000 }) }
      },
      search: async (_b, _c, query) => (seen.push(query), { items: [] }),
      readEvents: async (_b, _c, query) => (seen.push(query), { items: [] }),
      close: async (_b, _c, grant, ending, reason) => (seen.push([grant, ending, reason]), snapshot()),
    },
    proxies: ['127.0.0.1/32'],
  })
  const forwarded = { 'x-forwarded-for': '10.0.0.1, 203.0.113.9' }
  const pending = await call(
    'POST',
    '/v1/grants',
    { ...wanted, window: '1h' },
    { 'idempotency-key': 'k-1', ...forwarded },
  )
  t.equal(pending.statusCode, 202)
  conforms(t, 'Pending', pending.json())
  t.match(pending.headers, { location: `/v1/grants/${id}`, 'retry-after': '5' })
  await call(
    'GET',
    `/v1/grants?state=active&from=2026-01-01T00:00:00Z&text=stuck+orders&before=${id}`,
    undefined,
    forwarded,
  )
  await call('GET', '/v1/audit/events?kind=vote.cast&kind=audit.read&after=7&limit=9', undefined, forwarded)
  await call('POST', `/v1/grants/${id}/end`, undefined, forwarded)
  await call('POST', `/v1/grants/${id}/revoke`, { reason: 'lost' }, forwarded)
  t.match(seen, [
    `${url}#ann`,
    '203.0.113.9',
    'string',
    { ...wanted, window: 3_600_000 },
    { key: 'k-1', body: /^[0-9a-f]{64}$/ },
    { states: ['active'], from: Date.UTC(2026, 0, 1), text: 'stuck orders', before: id, limit: 50 },
    { kinds: ['vote.cast', 'audit.read'], after: 7, limit: 9 },
    [id, 'end', undefined],
    [id, 'revoke', 'lost'],
  ])
})

t.test('what the contract does not know is refused, with a code and a sentence', async (t) => {
  let reached = 0
  const count = new Proxy(stub, {
    get: (target, name) => (reached++, Reflect.get(target, name)),
  })
  const { app } = await face(t, { verbs: { ...count } })
  reached = 0
  const ask = (payload: string, type = 'application/json') =>
    ({ method: 'POST', url: '/v1/grants', payload, headers: { 'content-type': type } }) as const
  const field = (more: object) => ask(JSON.stringify({ ...wanted, ...more }))
  const get = (url: string) => ({ method: 'GET', url }) as const
  const long = 'x'.repeat(2_049)
  const posts = [
    '/v1/decisions',
    '/v1/grants',
    ...['votes', 'revoke', 'cancel', 'end', 'credentials'].map((verb) => `/v1/grants/${id}/${verb}`),
  ]

  const table: [string, object, number, string, RegExp][] = [
    ...posts.map((path): [string, object, number, string, RegExp] => [
      `text/plain to ${path}`,
      { method: 'POST', url: path, payload: 'hello', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
      /JSON/,
    ]),
    ...posts.map((path): [string, object, number, string, RegExp] => [
      `extra field to ${path}`,
      {
        method: 'POST',
        url: path,
        payload: {
          ...(path.endsWith('votes')
            ? { answer: 'yes' }
            : path.endsWith('s') && !path.endsWith('credentials')
              ? wanted
              : { reason: 'x' }),
          extra: 1,
        },
      },
      400,
      'invalid_request',
      path.endsWith('credentials') ? /takes no body/ : /`extra` is not known/,
    ]),
    ...posts
      .slice(0, 4)
      .map((path): [string, object, number, string, RegExp] => [
        `no body to ${path}`,
        { method: 'POST', url: path },
        400,
        'invalid_request',
        /must be a JSON object/,
      ]),
    ['empty body', ask(''), 400, 'invalid_request', /must be a JSON object/],
    [
      'body without a type',
      { method: 'POST', url: '/v1/grants', payload: Buffer.from('{}') },
      415,
      'unsupported_media_type',
      /JSON/,
    ],
    ['form', ask('role=x', 'application/x-www-form-urlencoded'), 415, 'unsupported_media_type', /JSON/],
    ['odd type', ask('{}', 'application/json;;=/'), 415, 'unsupported_media_type', /JSON/],
    ['malformed', ask('{"role":'), 400, 'invalid_request', /not valid JSON/],
    ['a list', ask('[]'), 400, 'invalid_request', /must be a JSON object/],
    [
      'null',
      { ...ask('null'), url: `/v1/grants/${id}/cancel` },
      400,
      'invalid_request',
      /must be a JSON object/,
    ],
    ['not UTF-8', { ...ask(''), payload: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'invalid_request', /UTF-8/],
    ['deep', ask(`{"role":${'['.repeat(40)}${']'.repeat(40)}}`), 400, 'invalid_request', /deeper/],
    ['very deep and broken', ask('['.repeat(60_000)), 400, 'invalid_request', /deeper/],
    ['__proto__', ask('{"role":"x","__proto__":{"a":1}}'), 400, 'invalid_request', /__proto__/],
    ['escaped __proto__', ask('{"role":"x","__pr\\u006fto__":{}}'), 400, 'invalid_request', /__proto__/],
    [
      'constructor',
      ask('{"role":"x","reason":{"constructor":{"prototype":1}}}'),
      400,
      'invalid_request',
      /prototype/,
    ],
    ['a field twice', ask('{"role":"x","r\\u006fle":"y"}'), 400, 'invalid_request', /twice/],
    ['oversized', ask(`{"role":"${'x'.repeat(70_000)}"}`), 413, 'body_too_large', /64 KiB/],
    ['wrong type', field({ role: 7 }), 400, 'invalid_request', /`role` must be a string/],
    ['number for text', field({ window: 900 }), 400, 'invalid_request', /`window` must be a string/],
    ['role missing', ask('{"reason":"x"}'), 400, 'invalid_request', /`role` is missing/],
    ['zero duration', field({ window: '0m' }), 400, 'invalid_request', /`window` must be a duration/],
    ['negative duration', field({ window: '-5m' }), 400, 'invalid_request', /`window` must be a duration/],
    [
      'absurd duration',
      field({ window: '99999999999999999d' }),
      400,
      'invalid_request',
      /`window` must be a duration/,
    ],
    [
      'account',
      field({ account: '１２３４５６７８９０１２' }),
      400,
      'invalid_request',
      /`account` must be twelve digits/,
    ],
    ['no actions', field({ actions: [] }), 400, 'invalid_request', /`actions` must have at least one/],
    [
      'many actions',
      field({ actions: Array(51).fill('s3:*') }),
      400,
      'invalid_request',
      /`actions` must have at most 50/,
    ],
    [
      'long action',
      field({ actions: ['s3:*', long] }),
      400,
      'invalid_request',
      /`actions\[1\]` must have at most 2048/,
    ],
    [
      'region',
      field({ regions: ['Mars'] }),
      400,
      'invalid_request',
      /`regions\[0\]` must be the name of a region/,
    ],
    ['long reason', field({ reason: 'x'.repeat(4_001) }), 400, 'invalid_request', /at most 4000/],
    ...[
      'a\nb',
      'a\u0000',
      'a\u202eb',
      'a\u200bb',
      'a\u2028b',
      'a\ud800',
      'a\u00adb',
      '\u3164',
      ' a',
      'a\u001b[2J',
      '',
    ].map((reason): [string, object, number, string, RegExp] => [
      `reason ${JSON.stringify(reason)}`,
      field({ reason }),
      400,
      'invalid_request',
      /`reason` must/,
    ]),
    [
      'control in a field name',
      ask('{"role":"x","\\u001b[2J`":1}'),
      400,
      'invalid_request',
      /`\?\[2J\?` is not known/,
    ],
    [
      'key with spaces',
      {
        ...ask(JSON.stringify(wanted)),
        headers: { 'content-type': 'application/json', 'idempotency-key': 'a b' },
      },
      400,
      'invalid_request',
      /The header `idempotency-key` must be/i,
    ],
    [
      'answer',
      { method: 'POST', url: `/v1/grants/${id}/votes`, payload: { answer: 'maybe' } },
      400,
      'invalid_request',
      /`answer` must be one of yes, no/,
    ],
    [
      'revoke without a reason',
      { method: 'POST', url: `/v1/grants/${id}/revoke`, payload: {} },
      400,
      'invalid_request',
      /`reason` is missing/,
    ],
    ['id', get('/v1/grants/nonsense'), 400, 'invalid_request', /path's `id` must be a ULID/],
    ['id, lower case', get(`/v1/grants/${id.toLowerCase()}`), 400, 'invalid_request', /ULID/],
    ['long id', get(`/v1/grants/${'0'.repeat(3_000)}`), 404, 'not_found', /nothing at this path/],
    [
      'unknown parameter',
      get('/v1/grants?colour=red'),
      400,
      'invalid_request',
      /query parameter `colour` is not known/,
    ],
    ['parameter where none is', get('/v1/me?x=1'), 400, 'invalid_request', /`x` is not known/],
    [
      'parameter on a post',
      { ...ask(JSON.stringify(wanted)), url: '/v1/grants?dry=1' },
      400,
      'invalid_request',
      /`dry` is not known/,
    ],
    ['parameter on an open path', get('/healthz?x=1'), 400, 'invalid_request', /`x` is not known/],
    ['__proto__ parameter', get('/v1/grants?__proto__=1'), 400, 'invalid_request', /not known/],
    ['parameter twice', get('/v1/grants?role=a&role=b'), 400, 'invalid_request', /`role` must be a string/],
    ['state', get('/v1/grants?state=asleep'), 400, 'invalid_request', /`state\[0\]` must be one of/],
    ['limit', get('/v1/grants?limit=0'), 400, 'invalid_request', /`limit` must be at least 1/],
    ['limit text', get('/v1/grants?limit=many'), 400, 'invalid_request', /`limit` must be an integer/],
    ['limit huge', get('/v1/grants?limit=1001'), 400, 'invalid_request', /`limit` must be at most 1000/],
    ['wait', get(`/v1/grants/${id}?wait=31`), 400, 'invalid_request', /`wait` must be at most 30/],
    ['time', get('/v1/grants?from=yesterday'), 400, 'invalid_request', /`from` must be a time/],
    [
      '30 February',
      get('/v1/grants?from=2026-02-30T00:00:00Z'),
      400,
      'invalid_request',
      /`from` must be a time/,
    ],
    ['bad escape', get('/v1/grants/%ff'), 400, 'invalid_request', /not a valid URL/],
    [
      'body on a get',
      { ...get('/v1/me'), payload: '{}', headers: { 'content-type': 'application/json' } },
      400,
      'invalid_request',
      /takes no body/,
    ],
    ['no such path', get('/v1/nothing'), 404, 'not_found', /openapi.yaml/],
    ['trailing slash', get('/v1/grants/'), 404, 'not_found', /./],
    ['upper case', get('/V1/GRANTS'), 404, 'not_found', /./],
    ['method', { method: 'DELETE', url: '/v1/grants' }, 405, 'method_not_allowed', /takes POST, GET/],
    [
      'method with a body of no type',
      { method: 'PUT', url: '/v1/me', payload: 'x', headers: { 'content-type': 'text/plain' } },
      405,
      'method_not_allowed',
      /takes GET/,
    ],
    ['options', { method: 'OPTIONS', url: '/v1/grants' }, 405, 'method_not_allowed', /./],
    [
      'accept',
      { ...get('/v1/me'), headers: { accept: 'text/html' } },
      406,
      'not_acceptable',
      /application\/json/,
    ],
    [
      'accept before anything is done',
      {
        ...ask(JSON.stringify(wanted)),
        headers: { 'content-type': 'application/json', accept: 'application/json;q=0' },
      },
      406,
      'not_acceptable',
      /text\/x-shellscript/,
    ],
  ]
  for (const [name, request, status, code, detail] of table) {
    const { headers, ...rest } = request as { headers?: object }
    const answer = await app.inject({ ...rest, headers: { authorization: `Bearer ${ann}`, ...headers } })
    const body = answer.json<{ code: string; detail: string }>()
    t.equal(answer.statusCode, status, `${name}: ${answer.body.slice(0, 300)}`)
    t.equal(answer.headers['content-type'], 'application/problem+json', name)
    t.match(
      body,
      { code, status, detail, type: `urn:stint:problem:${code}`, request: answer.headers['request-id'] },
      name,
    )
    conforms(t, 'Problem', body)
  }
  t.equal(reached, 0, 'no verb was reached')

  const allow = await app.inject({ method: 'DELETE', url: '/v1/grants' })
  t.equal(allow.headers['allow'], 'POST, GET')
  const head = await app.inject({ method: 'HEAD', url: '/healthz' })
  t.match([head.statusCode, head.headers['allow']], [405, 'GET'])
})

t.test('faults become problems, and nothing internal gets out', async (t) => {
  const log: string[] = []
  let thrown: unknown
  const { call, app } = await face(t, {
    log,
    verbs: {
      ask: async () => ({
        kind: 'denied',
        snapshot: snapshot({ state: 'denied', decision: { ...decision, outcome: 'deny' } }),
      }),
      read: async () => {
        throw thrown
      },
    },
  })
  const denied = await call('POST', '/v1/grants', wanted)
  t.equal(denied.statusCode, 403)
  conforms(t, 'Problem', denied.json())
  t.match(denied.json(), {
    code: 'denied',
    grant: id,
    detail: 'Not from here. Use the VPN.',
    checks: [{ ok: false }],
    decision: { scope: { window: '15m' }, requirements: [{ within: '30m' }] },
  })

  for (const code of Object.keys(faults) as (keyof typeof faults)[]) {
    thrown = new Fault(code, 'What failed.', {
      retryAfter: 1.2,
      members: { grant: id, state: 'ended', requirements: decision.requirements, hidden: 'inside' },
      cause: new Error('inside'),
    })
    const answer = await call('GET', `/v1/grants/${id}`)
    t.equal(answer.statusCode, faults[code].status, code)
    t.match(answer.headers, { 'retry-after': '2' })
    t.match(answer.json(), { code, grant: id, state: 'ended', requirements: [{ within: '30m' }] })
    conforms(t, 'Problem', answer.json())
    t.notMatch(answer.body, /inside/)
  }
  for (thrown of [
    new Error('inside'),
    'inside',
    undefined,
    null,
    { statusCode: 418, message: 'inside' },
    Object.assign(new Error('inside'), { statusCode: 404, code: 'X' }),
  ]) {
    const answer = await call('GET', `/v1/grants/${id}`)
    t.match(
      [answer.statusCode, answer.json()],
      [500, { code: 'internal', detail: /request id/ }],
      String(thrown),
    )
    t.notMatch(answer.body, /inside/)
  }

  t.equal((await call('GET', '/v1/me', undefined, { authorization: '' })).statusCode, 401)
  const nobody = await app.inject({
    method: 'POST',
    url: '/v1/grants',
    payload: 'not even json',
    headers: { 'content-type': 'text/plain' },
  })
  t.match(
    [nobody.statusCode, nobody.headers['www-authenticate']],
    [401, /^Bearer/],
    'authentication comes before the body',
  )
  const spoofed = await call('GET', '/v1/me', undefined, {
    'request-id': 'mine',
    'x-request-id': 'mine',
    'x-forwarded-for': '203.0.113.9',
  })
  t.not(spoofed.headers['request-id'], 'mine')
  t.equal(spoofed.json().address, '127.0.0.1', 'nobody is behind a proxy that is not trusted')

  await call('GET', '/v1/grants?text=confidential')
  app.log.error(
    {
      credentials,
      nested: { sessionToken: credentials.sessionToken },
      deep: { down: { authorization: ann } },
    },
    'by mistake',
  )
  const lines = log.join('')
  t.match(lines, /"msg":"answered"/)
  t.match(lines, /"subject":"https:\/\/login.test#ann"/)
  for (const secret of [ann, credentials.secretAccessKey, 'tok`en', 'confidential', 'because'])
    t.notOk(
      lines.includes(JSON.stringify(secret).slice(1, -1)),
      `the log does not hold ${secret.slice(0, 12)}`,
    )
})

t.test('a shell can eval every answer', async (t) => {
  const sh = (script: string) =>
    spawnSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  const accept = { accept: 'text/x-shellscript' }
  let asked: Awaited<ReturnType<Verbs['ask']>> | Fault | undefined
  const { call, app } = await face(t, {
    verbs: {
      ask: async (_broker, _call, _ask, _key, present) => {
        if (asked instanceof Fault) throw asked
        return (asked as never) ?? { kind: 'active', id, answer: present(snapshot(), credentials) }
      },
    },
  })
  const evaluated = (body: string) =>
    sh(
      `AWS_PROFILE=prod\nexport AWS_PROFILE\neval ${quoted(body)}; echo "status $?"; env | grep -E '^(AWS|STINT)' | sort`,
    )

  for (const [method, path, body] of [
    ['POST', '/v1/grants', wanted],
    ['POST', `/v1/grants/${id}/credentials`, undefined],
  ] as const) {
    const answer = await call(method, path, body, accept)
    t.match(
      [answer.statusCode, answer.headers['content-type'], answer.headers['cache-control']],
      [201, 'text/x-shellscript; charset=utf-8', 'no-store'],
    )
    t.equal(
      evaluated(answer.body).stdout,
      [
        'status 0',
        'AWS_ACCESS_KEY_ID=ASIAEXAMPLE',
        'AWS_CREDENTIAL_EXPIRATION=2026-11-22T10:15:00.000Z',
        `AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
        `AWS_SESSION_TOKEN=${credentials.sessionToken}`,
        `STINT_GRANT=${id}`,
        '',
      ].join('\n'),
    )
  }
  const refusals = [
    [
      { kind: 'pending', snapshot: snapshot({ state: 'pending', decideBy: now }) },
      202,
      /waits for approval until 2026/,
    ],
    [
      { kind: 'denied', snapshot: snapshot({ state: 'denied' }) },
      403,
      /Not from here\. Use the VPN\. \(denied, request /,
    ],
    [
      new Fault('sts_denied', `it's $(echo hacked) \`id\` \u001b[31m\nrm -rf "$HOME"`),
      502,
      /it's \$\(echo hacked\) `id`  ?\[31m rm -rf "\$HOME"/,
    ],
  ] as const
  for (const [outcome, status, message] of refusals) {
    asked = outcome as typeof asked
    const answer = await call('POST', '/v1/grants', wanted, accept)
    const { stdout, stderr } = evaluated(answer.body)
    t.equal(answer.statusCode, status)
    t.equal(stdout, 'status 1\nAWS_PROFILE=prod\n', 'nothing else happens')
    t.match(stderr, message)
    t.equal(stderr.split('\n').length, 2, 'one line')
  }
  for (const answer of [
    await app.inject({ method: 'POST', url: '/v1/grants', payload: wanted, headers: accept }),
    await call('POST', '/v1/grants', { role: 1 }, accept),
    await call('POST', '/v1/nothing', {}, accept),
  ])
    t.match(evaluated(answer.body), { stdout: /^status 1/, stderr: /^stint: / }, answer.body)
  t.match((await call('GET', '/v1/nothing', undefined, { accept: 'text/*' })).headers, {
    'content-type': 'application/problem+json',
  })

  const words = fc
    .sample(fc.string({ unit: 'binary', maxLength: 30 }), 300)
    .map((word) => Buffer.from(word.replaceAll('\0', '')).toString())
  t.equal(
    sh(`printf '%s\\001' ${words.map(quoted).join(' ')}`).stdout,
    words.map((word) => `${word}\x01`).join(''),
    'any text is one word',
  )
  const spoken = sh(`(${words.map(complaint).join('')}) 2>&1`)
  t.equal(spoken.stdout.split('\n').length, words.length + 1)
})

t.test('lists come as json, ndjson and csv', async (t) => {
  const evil: Grant = { ...grant, ask: { role: 'r', reason: '=HYPERLINK("http://evil")', ticket: '@SUM,1' } }
  const { call } = await face(t, { verbs: { search: async () => ({ items: [evil, grant], next: id }) } })
  const page = await call('GET', '/v1/grants?role=r&before=01K9ZQ3T7M4V5W6X7Y8Z9A0B1E')
  t.equal(page.headers['link'], `</v1/grants?role=r&before=${id}>; rel="next"`)
  t.equal(page.json().next, id)
  const lines = await call('GET', '/v1/grants', undefined, { accept: 'application/x-ndjson' })
  t.equal(lines.headers['content-type'], 'application/x-ndjson; charset=utf-8')
  t.equal(lines.headers['link'], `</v1/grants?before=${id}>; rel="next"`)
  for (const line of lines.body.trimEnd().split('\n')) conforms(t, 'Grant', JSON.parse(line))
  const sheet = (
    await call('GET', '/v1/grants', undefined, { accept: 'text/csv, application/json;q=0.1' })
  ).body.split('\n')
  const examples = (
    parse(contract) as {
      components: { examples: { GrantCsv: { value: string }; EntryCsv: { value: string } } }
    }
  ).components.examples
  t.equal(sheet[0], examples.GrantCsv.value.split('\n')[0], 'the columns of the contract')
  t.ok(sheet[1]?.includes(`"'=HYPERLINK(""http://evil"")","'@SUM,1"`), 'no formulas')
  t.equal(sheet.length, 4)
  const events = await call('GET', '/v1/audit/events', undefined, { accept: 'text/csv' })
  t.equal(events.headers['link'], '</v1/audit/events?after=7>; rel="next"')
  t.same(events.body.split('\n'), [
    examples.EntryCsv.value.split('\n')[0],
    `7,2026-11-22T10:00:00.000Z,grant.active,${url}#ann,${id},${'ab'.repeat(32)},"{""a"":""b,c""}"`,
    '',
  ])

  const offered = ['application/json', 'text/csv'] as const
  for (const [accept, best] of [
    [undefined, offered[0]],
    ['', offered[0]],
    ['*/*', offered[0]],
    ['text/*', 'text/csv'],
    ['TEXT/CSV', 'text/csv'],
    ['text/csv;q=0.5, application/json;q=0.4', 'text/csv'],
    ['*/*;q=0.1, application/json;q=0', 'text/csv'],
    ['text/csv;q=nonsense', undefined],
    ['image/png', undefined],
  ] as const)
    t.equal(preferred(accept, offered), best, String(accept))
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (accept) => preferred(accept, offered) !== null))
})

t.test('limits are counted per caller, bucket and address', async (t) => {
  const bob = { authorization: `Bearer ${token('bob')}` }
  const { call } = await face(t, { limits: { asks: 2, votes: 1 } })
  const ask = (headers = {}) => call('POST', '/v1/decisions', wanted, headers)
  t.same([(await ask()).statusCode, (await ask()).statusCode], [200, 200])
  const third = await ask()
  t.match([third.statusCode, third.json().code, third.headers['retry-after']], [429, 'rate_limited', /^\d+$/])
  conforms(t, 'Problem', third.json())
  t.equal((await call('POST', '/v1/grants', wanted)).statusCode, 429, 'one bucket for all that asks')
  t.equal((await ask(bob)).statusCode, 200, "another caller's count is their own")
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
  t.equal((await behind.call('GET', '/healthz')).statusCode, 200, 'probes are not counted')
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

  t.equal(logLevel(undefined), 'info')
  t.throws(() => logLevel('loud'), { code: 'invalid_config' })
})

t.test('bodies: whatever the bytes, an object or a refusal', async (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        try {
          const value = parseBody(Buffer.from(bytes))
          return value === undefined ? bytes.length === 0 : typeof value === 'object' && !Array.isArray(value)
        } catch (error) {
          return error instanceof Fault && error.code === 'invalid_request'
        }
      },
    ),
  )
  t.pass()
})
