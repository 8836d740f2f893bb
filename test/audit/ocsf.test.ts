import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { emptyHead, link } from '../../src/audit/chain.js'
import { eventKinds, type EventKind } from '../../src/audit/event.js'
import { toOcsf } from '../../src/audit/ocsf.js'
import { startStint } from '../support/stint.js'

type Value = Readonly<Record<string, unknown>>

/**
 * What OCSF 1.8.0 requires, as its published schema has it (github.com/ocsf/ocsf-schema: events/base_event.json,
 * events/iam, events/application/api_activity.json and the objects that these hold): paths that must be there, paths
 * of which one must be, and the activities that there are.
 */
const always = [
  ['activity_id', 'category_uid', 'class_uid', 'severity_id', 'time', 'type_uid', 'metadata'],
  ['metadata.version', 'metadata.product', 'metadata.product.name', 'metadata.product.vendor_name'],
].flat()
const required: Readonly<Record<number, readonly string[]>> = {
  3003: ['user'],
  3004: ['entity'],
  3005: ['user', 'privileges'],
  6003: ['actor', 'api', 'api.operation', 'src_endpoint'],
}
const oneOf: Readonly<Record<string, readonly string[]>> = {
  actor: ['process', 'user', 'session', 'app_name', 'app_uid'],
  'actor.user': ['account', 'name', 'uid'],
  user: ['account', 'name', 'uid'],
  entity: ['name', 'uid'],
  src_endpoint: ['ip', 'uid', 'name', 'hostname', 'svc_name'],
  'cloud.account': ['name', 'uid'],
}
const activities: Readonly<Record<number, number>> = { 3003: 3, 3004: 13, 3005: 2, 6003: 4 }

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce((one, name) => (one as Value | undefined)?.[name], value)

/** What an event lacks, or has that OCSF does not. */
function faults(event: Value): readonly string[] {
  const uid = Number(event['class_uid'])
  const missing = [...always, ...(required[uid] ?? [`class ${uid}`])].filter(
    (path) => at(event, path) === undefined,
  )
  const alone = Object.entries(oneOf)
    .filter(([path, names]) => at(event, path) && !names.some((name) => at(event, `${path}.${name}`)))
    .map(([path]) => `${path} has none of what one must be`)
  const activity = Number(event['activity_id'])
  const wrong = [
    activity > 0 && activity <= (activities[uid] ?? 0) ? [] : [`activity ${activity}`],
    event['type_uid'] === uid * 100 + activity ? [] : ['type_uid'],
    event['category_uid'] === Math.floor(uid / 1_000) ? [] : ['category_uid'],
    Number.isSafeInteger(event['time']) ? [] : ['time'],
    uid === 3003 && !Array.isArray(event['iam_roles']) ? ['iam_roles'] : [],
    (at(event, 'metadata.profiles') !== undefined) === (event['cloud'] !== undefined) ? [] : ['cloud'],
  ].flat()
  return [...missing, ...alone, ...wrong]
}

const told = (text: string): Value => JSON.parse(toOcsf(text) ?? 'null') as Value
const textOf = (kind: EventKind, data: Value, by = 'corp#ana') =>
  link({ kind, at: 1_795_000_000_000, by, grant: 'G', request: 'R', data }, emptyHead).text

t.test('a record in OCSF: nothing required is missing, nothing recorded is lost', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const { call, ask } = stint
  const repair = { role: 'orders-repair', reason: '=cmd|stuck', ticket: 'OPS-1' }
  const idOf = ({ body }: Awaited<ReturnType<typeof ask>>) => String(body['grant']?.['id'] ?? body['grant'])
  const used = idOf(await ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' }))
  const agreed = idOf(await ask('job', repair))
  await call('POST', `/v1/grants/${agreed}/votes`, { as: 'ana', body: { answer: 'yes' } })
  await call('POST', `/v1/grants/${agreed}/votes`, { as: 'bo', body: { answer: 'yes', reason: 'seen it' } })
  await call('POST', `/v1/grants/${agreed}/revoke`, { as: 'ola', body: { reason: 'wrong table' } })
  await ask('ana', { role: 'orders-repair', reason: 'no ticket at all' })
  const { text } = await call('GET', '/v1/audit/events?limit=1000', {
    as: 'cy',
    headers: { accept: 'application/x-ndjson' },
  })
  const texts = text.trimEnd().split('\n')
  const events = texts.map(told)
  for (const [index, event] of events.entries()) {
    t.same(faults(event), [], String(at(event, 'metadata.event_code')))
    t.equal(event['raw_data'], texts[index])
    t.equal(at(event, 'metadata.sequence'), index + 1)
  }
  const find = (kind: string, grant?: string) =>
    events.find(
      (event) =>
        at(event, 'metadata.event_code') === kind &&
        (grant === undefined || at(event, 'metadata.correlation_uid') === grant),
    )
  t.match(find('issuance.done', used), {
    type_uid: 300303,
    class_name: 'Authorize Session',
    activity_name: 'Assign Roles',
    status: 'Success',
    user: { uid: 'corp#ana', name: 'ana' },
    iam_roles: [{ uid: /^arn:aws:iam::123456789012:role\//, name: 'orders-debug' }],
    session: { uid: /^ana-/, uid_alt: /^AROA\w+:ana-/, credential_uid: /^ASIA/, expiration_time: Number },
    cloud: { provider: 'AWS', account: { uid: '123456789012' } },
    metadata: { profiles: ['cloud'] },
  })
  t.match(find('grant.pending', agreed), {
    type_uid: 300401,
    actor: { user: { uid: /#/, type_id: 4 } },
    entity: { type: 'grant', uid: agreed, name: 'orders-repair' },
    comment: '=cmd|stuck',
    src_endpoint: { ip: String },
  })
  t.match(find('vote.cast', agreed), { type_uid: 300403, status_code: 'yes', comment: 'seen it' })
  t.match(find('grant.revoked', agreed), {
    type_uid: 300502,
    severity: 'Medium',
    actor: { user: { uid: 'corp#ola' } },
    privileges: ['orders-repair'],
    comment: 'wrong table',
  })
  t.notSame(at(find('grant.revoked', agreed), 'user.uid'), 'corp#ola', 'whose it was, not who revoked it')
  t.match(find('grant.denied'), { type_uid: 300410, status: 'Failure', status_detail: /ticket/ })
  t.match(find('request.refused', agreed), {
    type_uid: 600303,
    status: 'Failure',
    status_code: 'forbidden',
    api: { operation: 'vote' },
    src_endpoint: { ip: '203.0.113.7' },
  })
  t.match(find('audit.read'), { type_uid: 600302 })
  t.match(find('config.loaded'), {
    type_uid: 300403,
    actor: { app_name: 'stint' },
    entity: { uid: /^[0-9a-f]{64}$/ },
  })
})

t.test('every kind, whatever stands in it, is an event of OCSF; what is none is left out', async (t) => {
  for (const kind of eventKinds) t.same(faults(told(textOf(kind, {}))), [], kind)
  const names = [
    'asker',
    'caller',
    'voter',
    'ask',
    'decision',
    'role',
    'arn',
    'address',
    'ok',
    'reason',
    'name',
  ]
  const part = fc.oneof(
    fc.jsonValue(),
    fc.record({ subject: fc.string(), address: fc.string(), kind: fc.constant('workload') }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...eventKinds),
      fc.dictionary(fc.constantFrom(...names), part),
      fc.constantFrom('stint', 'corp#ana', '#', 'x'),
      (kind, data, by) => {
        const found = faults(told(textOf(kind, data, by)))
        if (found.length > 0) throw new Error(`${kind}: ${found.join()}`)
      },
    ),
  )
  const later = textOf('grant.active', {}).replace('grant.active', 'grant.wished')
  t.match(told(later), { type_uid: 300403, metadata: { event_code: 'grant.wished' } })
  t.same(faults(told(later)), [])
  t.match(told(textOf('check.done', { ok: false, fault: 'sts_denied' })), {
    status: 'Failure',
    status_code: 'sts_denied',
  })
  for (const none of ['{"checkpoint":"x"}', '', 'x', '{}']) t.equal(toOcsf(none), undefined)
})
