import t from 'tap'
import { startIdentityProvider } from '../support/identity-provider.js'
import { account, people, startStint, table, type Person, type Stint } from '../support/stint.js'

/** Every kind of caller, as seen from one grant that ana asked for and bo may vote on. */
const callers = ['nobody', 'foreign', 'eve', 'ben', 'ana', 'bo', 'cy', 'ola', 'job'] as const
type Kind = (typeof callers)[number]

/**
 * The authorisation matrix. Per operation: the status that each kind of caller gets. `nobody` has no token,
 * `foreign` one of an issuer that is not configured, `eve` no group at all, `ben` is another engineer, `ana` the
 * asker, `bo` an approver, `cy` an auditor, `ola` an operator, `job` a CI job of ana's.
 *
 * 404 says that a grant is none of theirs to see; 403 that they see it and may not do this.
 */
const matrix: readonly (readonly [operation: string, on: On, statuses: Readonly<Record<Kind, number>>])[] = [
  //                                          nobody       foreign       eve       ben       ana       bo       cy       ola       job
  ['POST /v1/grants', 'none', row(401, 401, 403, 201, 201, 201, 403, 403, 201)],
  ['POST /v1/decisions', 'none', row(401, 401, 200, 200, 200, 200, 200, 200, 200)],
  ['POST /v1/policies/explain', 'none', row(401, 401, 404, 200, 200, 200, 200, 200, 200)],
  ['GET /v1/grants', 'none', row(401, 401, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /v1/roles', 'none', row(401, 401, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /v1/me', 'none', row(401, 401, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /v1/audit/events', 'none', row(401, 401, 403, 403, 403, 403, 200, 200, 403)],
  ['GET /v1/grants/{id}', 'pending', row(401, 401, 404, 404, 200, 200, 200, 200, 404)],
  ['GET /v1/grants/{id}', 'active', row(401, 401, 404, 404, 200, 200, 200, 200, 404)],
  ['POST /v1/grants/{id}/votes', 'pending', row(401, 401, 404, 404, 403, 200, 403, 403, 404)],
  ['POST /v1/grants/{id}/votes', 'active', row(401, 401, 404, 404, 403, 409, 409, 409, 404)],
  ['POST /v1/grants/{id}/credentials', 'pending', row(401, 401, 404, 404, 409, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/credentials', 'active', row(401, 401, 404, 404, 201, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/cancel', 'pending', row(401, 401, 404, 404, 200, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/cancel', 'active', row(401, 401, 404, 404, 409, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/end', 'pending', row(401, 401, 404, 404, 409, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/end', 'active', row(401, 401, 404, 404, 200, 403, 403, 403, 404)],
  ['POST /v1/grants/{id}/revoke', 'pending', row(401, 401, 404, 404, 403, 200, 403, 200, 404)],
  ['POST /v1/grants/{id}/revoke', 'active', row(401, 401, 404, 404, 403, 200, 403, 200, 404)],
  ['POST /v1/grants/{id}/review', 'active', row(401, 401, 404, 404, 403, 409, 409, 409, 404)],
  ['POST /v1/revocations', 'none', row(401, 401, 403, 403, 403, 403, 403, 201, 403)],
  ['GET /v1/revocations', 'none', row(401, 401, 403, 403, 403, 403, 200, 200, 403)],
  ['GET /v1/revocations/{id}', 'none', row(401, 401, 403, 403, 403, 403, 404, 404, 403)],
  ['POST /v1/revocations/{id}/lift', 'none', row(401, 401, 403, 403, 403, 403, 403, 404, 403)],
  ['GET /healthz', 'none', row(200, 200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /readyz', 'none', row(200, 200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /metrics', 'none', row(200, 200, 200, 200, 200, 200, 200, 200, 200)],
  ['GET /openapi.yaml', 'none', row(200, 200, 200, 200, 200, 200, 200, 200, 200)],
]
type On = 'none' | 'pending' | 'active'

function row(...statuses: readonly number[]): Readonly<Record<Kind, number>> {
  return Object.fromEntries(callers.map((kind, at) => [kind, statuses[at]])) as Record<Kind, number>
}

const bodies: Readonly<Record<string, object>> = {
  'POST /v1/grants': { role: 'orders-debug', reason: 'an order is stuck in checkout' },
  'POST /v1/decisions': { role: 'orders-debug', reason: 'an order is stuck in checkout' },
  'POST /v1/policies/explain': { role: 'orders-debug' },
  'POST /v1/grants/{id}/votes': { answer: 'yes' },
  'POST /v1/grants/{id}/review': { text: 'as it should be' },
  'POST /v1/revocations': { of: 'subject', name: 'corp#nobody', reason: 'left the company' },
  'POST /v1/revocations/{id}/lift': { reason: 'came back' },
  'POST /v1/grants/{id}/revoke': { reason: 'no longer needed' },
}

t.test('who may do what: every operation, by every kind of caller', async (t) => {
  const stint = await startStint()
  const stranger = await startIdentityProvider({ now: stint.clock })
  t.teardown(() => Promise.all([stint.close(), stranger.close()]))
  // Keys are fetched at the first use: let each issuer be met before readiness is asked for.
  await stint.call('GET', '/v1/me', { as: 'ana' })

  for (const [operation, on, statuses] of matrix)
    for (const kind of callers) {
      const [method = '', path = ''] = operation.split(' ')
      const id = await grantOn(stint, on)
      const body = bodies[operation]
      const answer = await stint.call(method, path.replace('{id}', id), {
        ...(kind === 'foreign' && { as: { token: stranger.token(people.ana) } }),
        ...(kind !== 'foreign' && kind !== 'nobody' && { as: kind as Person | 'job' }),
        ...(body && { body }),
      })
      t.equal(
        answer.status,
        statuses[kind],
        `${operation} on ${on} by ${kind}: ${answer.status} ${answer.body['code'] ?? ''}`,
      )
      if (answer.status >= 400)
        t.match(answer.body, { code: String, detail: String, status: answer.status, request: String })
    }
})

t.test('a search shows each person what is theirs to see', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const active = await grantOn(stint, 'active')
  const pending = await grantOn(stint, 'pending')
  const decided = await grantOn(stint, 'pending')
  await stint.call('POST', `/v1/grants/${decided}/votes`, {
    as: 'bo',
    body: { answer: 'no', reason: 'not now' },
  })
  const denied = (await stint.ask('eve', { role: 'orders-debug', reason: 'let me in please' })).body['grant']

  const seen = async (as: Person | 'job') => {
    const { body } = await stint.call('GET', '/v1/grants?limit=50', { as })
    return new Set([...body['grants']!].map((grant) => grant['id'] as string))
  }
  t.strictSame(await seen('ana'), new Set([active, pending, decided]), 'the asker: her own')
  t.strictSame(await seen('bo'), new Set([active, pending, decided]), 'who may vote, and who voted')
  t.strictSame(await seen('dan'), new Set([active, pending]), 'a lead who did not vote: the open ones')
  t.strictSame(await seen('ben'), new Set(), 'another engineer: nothing')
  t.strictSame(await seen('eve'), new Set([denied]), 'refusals are the asker’s own too')
  t.strictSame(await seen('cy'), new Set([active, pending, decided, denied]), 'the auditor: all')
  t.strictSame(await seen('ola'), new Set([active, pending, decided, denied]), 'the operator: all')
})

t.test('a role is explained to whoever may ask for it, and a policy to anybody', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const explain = (as: Person | 'job', body: object) =>
    stint.call('POST', '/v1/policies/explain', { as, body })
  const asked = { role: 'orders-debug', action: 'dynamodb:GetItem', resource: table('orders-2026') }
  for (const as of ['ana', 'cy', 'ola', 'job'] as const) {
    const { status, body } = await explain(as, asked)
    t.equal(status, 200)
    t.match(body, {
      sentences: [
        /^May read in Amazon DynamoDB \(GetItem and Query\)/,
        /outside us-east-1 and eu-west-1/,
        /^Nothing works after/,
      ],
      services: [{ prefix: 'dynamodb', levels: ['Read'], statements: ['ceiling[0]'] }],
      regions: ['us-east-1', 'eu-west-1'],
      verdict: { verdict: 'allowed', by: ['ceiling[0]'] },
    })
    const lifetime = (as === 'job' ? 60 : 15) * 60_000
    t.equal(Date.parse(body['until'] ?? ''), Math.floor((stint.clock() + lifetime) / 1_000) * 1_000)
  }
  t.match((await explain('ana', { ...asked, resource: table('order') })).body['verdict'], {
    verdict: 'not allowed',
    nearest: 'ceiling[0]',
    failed: [/its resource is table\/\[order\] where table\/\[orders\*\] is allowed/],
  })
  const far = { ...asked, resource: asked.resource.replace('us-east-1', 'ap-east-1') }
  const mixed = { ...asked, context: { 'aws:RequestedRegion': ['ap-east-1'] } }
  for (const body of [far, mixed])
    t.match((await explain('ana', body)).body['verdict'], {
      verdict: 'explicitly denied',
      by: ['the bound on regions'],
    })

  const policy = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
  }
  t.match((await explain('eve', { policy })).body, {
    sentences: ['May read in Amazon S3 (GetObject), on any resource.'],
  })
  const trust = { Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }] }
  t.match((await explain('eve', { policy: trust })).body, { sentences: ['123456789012 may sts:AssumeRole.'] })

  const refuses = async (as: Person, body: object, status: number, detail: RegExp) =>
    t.match(await explain(as, body), { status, body: { detail } }, JSON.stringify(body))
  await refuses('eve', asked, 404, /no role orders-debug that is yours to see/)
  await refuses('ana', { role: 'nosuch' }, 404, /no role nosuch/)
  await refuses('ana', {}, 400, /either a policy or a role/)
  await refuses('ana', { role: 'orders-debug', policy }, 400, /either a policy or a role/)
  await refuses('ana', { policy, account }, 400, /a policy has none/)
  await refuses('ana', { ...asked, account: '999999999999' }, 400, /is in the accounts 123456789012/)
  await refuses(
    'ana',
    { policy: { Statement: { ...policy.Statement, Efect: 'Deny' } } },
    400,
    /policy\/Statement\/Efect: IAM knows no element/,
  )
  await refuses('ana', { policy: 'text' }, 400, /`policy` must be an object/)
  await refuses('ana', { policy, action: 's3:*' }, 400, /s3:\*/)
  const record = await stint.call('GET', '/v1/audit/events?limit=1000', { as: 'cy' })
  t.notMatch(record.text, /request\.refused/, 'nothing of it is recorded')
})

/** A fresh grant of ana's in the state that the row is about; for `none` an id that is not looked at. */
async function grantOn(stint: Stint, on: On): Promise<string> {
  if (on === 'none') return '01JD0000000000000000000000'
  const pending = await stint.ask('ana', {
    role: 'orders-repair',
    reason: 'an order is stuck in checkout',
    ticket: 'OPS-1',
  })
  const id = pending.body['grant']!['id'] as string
  if (on === 'active') {
    await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'dan', body: { answer: 'yes' } })
  }
  return id
}
