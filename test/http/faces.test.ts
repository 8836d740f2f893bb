import t from 'tap'
import { parse } from 'yaml'
import { Fault, faults } from '../../src/fault.js'
import {
  contract,
  now,
  id,
  url,
  conforms,
  ann,
  decision,
  snapshot,
  credentials,
  face,
  wanted,
} from '../support/face.js'

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
    ['POST', '/v1/revocations', { of: 'all', reason: 'lost laptop' }, 201, 'Revocation'],
    ['POST', `/v1/revocations/${id}/lift`, { reason: 'found' }, 200, 'Revocation'],
    ['GET', `/v1/revocations/${id}`, undefined, 200, 'Revocation'],
    ['GET', '/v1/revocations?limit=2', undefined, 200, 'RevocationPage'],
    ['GET', `/v1/grants/${id}`, undefined, 200, 'Grant'],
    [
      'GET',
      '/v1/grants?state=active&state=ended&limit=2&from=2026-01-01T00:00:00Z',
      undefined,
      200,
      'GrantPage',
    ],
    ['GET', '/v1/audit/events?kind=vote.cast&after=0', undefined, 200, 'EntryPage'],
    ['GET', '/v1/audit/checkpoint?from=7', undefined, 200, 'Checkpoint'],
    ['GET', '/v1/audit/checkpoints?after=7&limit=1', undefined, 200, 'CheckpointPage'],
    ['GET', '/v1/audit/proofs/7?size=9', undefined, 200, 'Proof'],
    ['GET', '/v1/roles', undefined, 200, 'RoleList'],
    ['POST', '/v1/policies/explain', { role: 'orders-debug', action: 's3:GetObject' }, 200, 'Explanation'],
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
  await call(
    'GET',
    `/v1/grants?ticketed=false&costOver=99.5&config=${'a'.repeat(64)}&ticket=OPS-1` +
      '&activeFrom=2026-01-01T00:00:00Z&activeTo=2026-01-02T00:00:00Z',
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
    {
      ticketed: false,
      ticket: 'OPS-1',
      costOver: 99.5,
      config: 'a'.repeat(64),
      activeFrom: Date.UTC(2026, 0, 1),
      activeTo: Date.UTC(2026, 0, 2),
      limit: 50,
    },
    { kinds: ['vote.cast', 'audit.read'], after: 7, limit: 9 },
    [id, 'end', undefined],
    [id, 'revoke', 'lost'],
  ])
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
      members: { grant: id, state: 'ended', requirements: decision.requirements, hidden: 'entrails' },
      cause: new Error('entrails'),
    })
    const answer = await call('GET', `/v1/grants/${id}`)
    t.equal(answer.statusCode, faults[code].status, code)
    t.match(answer.headers, { 'retry-after': '2' })
    t.match(answer.json(), { code, grant: id, state: 'ended', requirements: [{ within: '30m' }] })
    conforms(t, 'Problem', answer.json())
    t.notMatch(answer.body, /entrails/)
  }
  for (thrown of [
    new Error('entrails'),
    'entrails',
    undefined,
    null,
    { statusCode: 418, message: 'entrails' },
    Object.assign(new Error('entrails'), { statusCode: 404, code: 'X' }),
  ]) {
    const answer = await call('GET', `/v1/grants/${id}`)
    t.match(
      [answer.statusCode, answer.json()],
      [500, { code: 'internal', detail: /request id/ }],
      String(thrown),
    )
    t.notMatch(answer.body, /entrails/)
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
