import fc from 'fast-check'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { Fault } from '../../src/fault.js'
import { parseBody } from '../../src/http/body.js'
import { id, conforms, ann, stub, face, wanted } from '../support/face.js'

t.test('what the contract does not know is refused, with a code and a sentence', async (t) => {
  let reached = 0
  const counted = Object.fromEntries(
    Object.keys(stub).map((name) => [name, () => Promise.reject(new Error(`reached ${name}, ${++reached}`))]),
  )
  const { app } = await face(t, { verbs: counted, limits: { asks: 1_000 } })
  const ask = (payload: string, type = 'application/json') =>
    ({ method: 'POST', url: '/v1/grants', payload, headers: { 'content-type': type } }) as const
  const field = (more: object) => ask(JSON.stringify({ ...wanted, ...more }))
  const get = (url: string) => ({ method: 'GET', url }) as const
  const long = 'x'.repeat(2_049)
  const posts = [
    '/v1/decisions',
    '/v1/policies/explain',
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
            : path.endsWith('explain')
              ? { role: 'orders-debug' }
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
      .slice(0, 5)
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
    ['something like JSON', ask('{}', 'application/json5'), 415, 'unsupported_media_type', /JSON/],
    ...[
      'application/json; charset=latin1',
      'application/json; charset=utf-16',
      'application/json; charset',
      'application/json; charset="utf-8',
      'application/json; charset=utf-8; charset=latin1',
      'application/json, text/plain',
      'application/json x',
      '',
    ].map((type): [string, object, number, string, RegExp] => [
      `Content-Type: ${type}`,
      ask(JSON.stringify(wanted), type),
      415,
      'unsupported_media_type',
      /UTF-8/,
    ]),
    [
      'Content-Type twice',
      { ...ask(JSON.stringify(wanted)), headers: { 'content-type': ['application/json', 'text/plain'] } },
      415,
      'unsupported_media_type',
      /one `Content-Type/,
    ],
    ...['gzip', 'identity, gzip', ''].map((encoding): [string, object, number, string, RegExp] => [
      `Content-Encoding: ${encoding}`,
      {
        ...ask(JSON.stringify(wanted)),
        headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      },
      415,
      'unsupported_media_type',
      /uncompressed/,
    ]),
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
      `reason ${encodeURI(reason.toString().replace('\ud800', '?'))}`,
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
    ['long id', get(`/v1/grants/${'0'.repeat(3_000)}`), 400, 'invalid_request', /ULID/],
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
    ...['text=%ff', 'text=%c3%28', 'text=%zz', 'text=%', 'text=a&te%ffxt=b', 'text=%ed%a0%80'].map(
      (query): [string, object, number, string, RegExp] => [
        query,
        get(`/v1/grants?${query}`),
        400,
        'invalid_request',
        /query is not UTF-8/,
      ],
    ),
    ['bad escape', get('/v1/grants/%ff'), 400, 'invalid_request', /not a valid URL/],
    [
      'body on a get',
      { ...get('/v1/me'), payload: '{}', headers: { 'content-type': 'application/json' } },
      400,
      'invalid_request',
      /takes no body/,
    ],
    ['no such path', get('/v1/nothing'), 404, 'not_found', /openapi.yaml/],
    ['no such path, before its body is read', { ...ask('{{{'), url: '/v1/nope' }, 404, 'not_found', /./],
    [
      'no such path, whatever the body',
      { ...ask('{{{', 'text/plain'), url: '/v1/nope' },
      404,
      'not_found',
      /./,
    ],
    ['no id', get('/v1/grants/'), 400, 'invalid_request', /ULID/],
    ['upper case', get('/V1/GRANTS'), 404, 'not_found', /./],
    ['method', { method: 'DELETE', url: '/v1/grants' }, 405, 'method_not_allowed', /takes POST, GET/],
    [
      'method with a body of no type',
      { method: 'PUT', url: '/v1/me', payload: 'x', headers: { 'content-type': 'text/plain' } },
      405,
      'method_not_allowed',
      /takes GET/,
    ],
    ['PROPFIND', { method: 'PROPFIND', url: '/v1/grants' }, 405, 'method_not_allowed', /takes POST, GET/],
    ['PURGE', { method: 'PURGE', url: `/v1/grants/${id}` }, 405, 'method_not_allowed', /takes GET/],
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
    const body = answer.json<{ request: string }>()
    t.equal(answer.statusCode, status, `${name}: ${answer.body.slice(0, 300)}`)
    t.equal(answer.headers['content-type'], 'application/problem+json', name)
    t.match(
      body,
      { code, status, detail, type: `urn:stint:problem:${code}`, request: answer.headers['request-id'] },
      name,
    )
    conforms(t, 'Problem', body)
    t.equal(answer.headers['request-id'], body.request, `${name}: the id is in the header too`)
  }
  t.equal(reached, 0, 'no verb was reached')

  const allow = await app.inject({ method: 'DELETE', url: '/v1/grants' })
  t.equal(allow.headers['allow'], 'POST, GET')
  const head = await app.inject({ method: 'HEAD', url: '/healthz' })
  t.match([head.statusCode, head.headers['allow']], [405, 'GET'])
})

t.test('what Node would refuse in silence', async (t) => {
  const log: string[] = []
  const { app, call } = await face(t, { log })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const say = (request: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'))
      let text = ''
      socket.on('data', (data) => (text += data)).on('close', () => resolve(text))
    })
  const last = `Authorization: Bearer ${ann}\r\nConnection: close\r\n\r\n`
  for (const [request, status, detail] of [
    [`GET /healthz HTTP/1.1\r\n${last}`, 400, 'one Host'],
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n${last}`, 400, 'one Host'],
    [`GET /healthz HTTP/1.0\r\n${last}`, 200, 'alive'],
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n${last}`, 400, '100-continue'],
    [`GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, foo\r\n${last}`, 400, '100-continue'],
    [`PROPFIND /healthz HTTP/1.1\r\nHost: a\r\n${last}`, 405, 'takes GET'],
    [`PROPFIND /nothing HTTP/1.1\r\nHost: a\r\n${last}`, 404, 'nothing at this path'],
    [`GET /v1/grants?text=\xe9 HTTP/1.1\r\nHost: a\r\n${last}`, 400, 'This is not HTTP'],
  ] as const) {
    const answer = await say(request)
    const line = request.slice(0, request.indexOf('\r\nAuth')).replace('\r\n', ' ')
    t.match(answer, new RegExp(`HTTP/1.1 ${status} [^]*(application/problem\\+json|alive)[^]*$`), line)
    t.ok(answer.includes(detail), `${line}: ${answer}`)
  }
  const elsewhere = await say(
    `GET http://me:pass@evil.test/v1/grants?role=a?b=c HTTP/1.1\r\nHost: a\r\n${last}`,
  )
  t.match(
    elsewhere,
    /\r\nlink: <\/v1\/grants\?role=a%3Fb%3Dc&before=/i,
    'the path is ours, the query is whole',
  )
  t.match(log.at(-1), /"path":"\/v1\/grants",/, 'and so it is in the log')

  const headers = { 'content-type': 'Application/JSON ; charset="UTF-8"', 'content-encoding': 'identity' }
  t.equal((await call('POST', '/v1/decisions', JSON.stringify(wanted), headers)).statusCode, 200)
  t.equal((await call('GET', '/v1/grants?text=caf%C3%A9+%F0%9F%8E%89')).statusCode, 200)
})

t.test('bodies: no bytes take long', async (t) => {
  // Read by a pattern that begins again at each quote, any of these takes more than a second.
  for (const unit of ['\\"', '"', '"\\', '\\\\"', '[]"', ' "'])
    for (const start of ['"', '{"a":"', ''])
      for (let turn = 0; turn < 12; turn++)
        t.throws(() => parseBody(Buffer.from((start + unit.repeat(64 * 1_024)).slice(0, 64 * 1_024))), {
          code: 'invalid_request',
        })
  t.throws(() => parseBody(Buffer.from(`{"a":"\\"[[[","b":${'['.repeat(16)}${']'.repeat(16)}}`)), {
    message: 'The body nests deeper than 16 levels.',
  })
  t.same(parseBody(Buffer.from(`{"a":"\\"${'['.repeat(99)}"}`)), { a: `"${'['.repeat(99)}` })
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
