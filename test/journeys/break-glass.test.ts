import t from 'tap'
import {
  startStint,
  usualRules,
  type Answer,
  type CallOptions,
  type Json,
  type Stint,
} from '../support/stint.js'

/** Leads agree to repairs and review broken glass; engineers of the office may break it, for half an hour. */
const rules = usualRules.replace(
  'ticket: OPS-*',
  `ticket: OPS-*
    breakGlass:
      who: { groups: [engineers] }
      window: 30m
      reason: 20
      reviewers: [{ groups: [leads] }, { subjects: [corp#ben] }]
      unreviewed: 2`,
)

const reason = 'checkout is down and nobody of the leads answers'
const repair = { role: 'orders-repair', reason, ticket: 'OPS-1' }
const urgent = { ...repair, breakGlass: true }

const listOf = ({ body }: Answer, name: string) => (body[name] ?? []) as unknown as readonly Json[]
const idOf = (answer: Answer): string => String(answer.body['grant']?.['id'])
const failed = (answer: Answer): readonly string[] =>
  listOf(answer, 'checks')
    .filter(({ ok }) => !ok)
    .map(({ check }) => String(check))
const post = (stint: Stint, id: string, verb: string, as: CallOptions['as'], body?: object) =>
  stint.call('POST', `/v1/grants/${id}/${verb}`, { as: as!, ...(body && { body }) })
const signOff = (
  stint: Stint,
  id: string,
  as: CallOptions['as'],
  text = 'two orders were released by hand',
) => post(stint, id, 'review', as, { text })
const found = async (stint: Stint, query: string, as: CallOptions['as']) =>
  listOf(await stint.call('GET', `/v1/grants?${query}`, { as: as! }), 'grants').map(({ id }) => String(id))
const eventsOf = async (stint: Stint, kind: string) =>
  listOf(await stint.call('GET', `/v1/audit/events?kind=${kind}`, { as: 'cy' }), 'events').map(
    ({ text }) => JSON.parse(String(text)) as Json,
  )

t.test('in an emergency: at once and without votes, and a review that stays open', async (t) => {
  const stint = await startStint({ rules })
  t.teardown(() => stint.close())
  t.equal((await stint.ask('ana', repair)).status, 202, 'as ever, somebody must agree')
  const dry = await stint.call('POST', '/v1/decisions', { as: 'ana', body: urgent })
  t.match(dry.body, {
    outcome: 'allow',
    requirements: [],
    passedOver: [{ rule: 'repair', votes: 1, by: 'group leads' }],
    scope: { window: '30m' },
  })
  const broken = await stint.ask('ana', urgent)
  t.match(broken, {
    status: 201,
    body: {
      credentials: { secretAccessKey: String },
      grant: {
        state: 'active',
        breakGlass: true,
        review: { state: 'open', reviewers: 'group leads, or subject corp#ben' },
        decision: { outcome: 'allow', passedOver: [{ rule: 'repair' }] },
      },
    },
  })
  const id = idOf(broken)
  t.match(
    listOf({ ...broken, body: broken.body['grant']!['decision'] as unknown as Json }, 'checks').find(
      ({ check }) => check === 'break_glass',
    ),
    { ok: true, detail: /nobody needs to agree first, and group leads, or subject corp#ben must review it/ },
  )
  t.equal((await post(stint, id, 'credentials', 'ana')).status, 201, 'and again inside the window')

  t.match((await signOff(stint, id, 'bo')).body, { code: 'conflict', detail: /active still/ })
  stint.clock.advance(31 * 60_000)
  const seen = await stint.call('GET', `/v1/grants/${id}`, { as: 'bo' })
  t.match(seen.body, { state: 'ended', review: { state: 'open' } }, 'the review is beside the state')
  t.strictSame(await found(stint, 'review=open', 'cy'), [id])
  t.strictSame(await found(stint, 'review=open', 'dan'), [id], 'a reviewer finds it')
  t.strictSame(await found(stint, 'review=open', 'ben'), [id], 'one who is no approver, too')
  t.strictSame(await found(stint, 'review=open', 'eve'), [])
  stint.clock.advance(3_600_000)
  const gauge = (await stint.call('GET', '/metrics')).text
  t.match(gauge, /^stint_reviews_open 1$/m)
  t.ok(Number(/^stint_review_oldest_seconds (\S+)$/m.exec(gauge)?.[1]) > 5_400)

  t.match(await signOff(stint, id, 'ana'), {
    status: 403,
    body: { detail: /Nobody signs off what they did/ },
  })
  t.match(await signOff(stint, id, 'cy'), { status: 403, body: { detail: /reviewed by group leads/ } })
  t.equal((await signOff(stint, id, 'eve')).status, 404)
  t.equal((await signOff(stint, id, 'job')).status, 404)
  t.equal((await post(stint, id, 'review', 'bo', {})).status, 400, 'a signature says something')
  const [one, other] = await Promise.all([signOff(stint, id, 'bo'), signOff(stint, id, 'dan')])
  t.strictSame([one.status, other.status].sort(), [200, 409], 'one of two at once')
  t.match([one, other].find(({ status }) => status === 200)?.body, {
    state: 'ended',
    review: { state: 'signed', by: /^corp#(bo|dan)$/, text: 'two orders were released by hand' },
  })
  t.strictSame(await found(stint, 'review=open', 'cy'), [])
  t.strictSame(await found(stint, 'review=signed', 'cy'), [id])
  t.match(
    (await stint.call('GET', '/v1/grants?review=signed', { as: 'cy', headers: { accept: 'text/csv' } })).text,
    /,"signed","corp#(bo|dan)"\r\n$/,
  )
  t.match((await stint.call('GET', '/metrics')).text, /^stint_reviews_open 0$/m)
  t.match(await eventsOf(stint, 'review.opened'), [
    { by: 'corp#ana', grant: id, data: { reason, passedOver: [{ rule: 'repair' }] } },
  ])
  t.match(await eventsOf(stint, 'review.signed'), [
    { grant: id, data: { asker: 'corp#ana', text: 'two orders were released by hand' } },
  ])
  t.match((await eventsOf(stint, 'grant.active')).at(-1), { data: { ask: { breakGlass: true } } })
})

t.test('nothing but votes is passed over', async (t) => {
  const stint = await startStint({
    rules: `${rules}
deny: [{ name: trial, who: { subjects: [corp#ben] }, because: On trial. }]
`.replace('stale: 3650d }', 'stale: 3650d, limits: [{ per: person, usd: 0.000001, every: day }] }'),
  })
  t.teardown(() => stint.close())
  const asking = async (as: 'ana' | 'ben' | 'dan' | 'job', more: object, options: CallOptions = {}) => {
    const answer = await stint.ask(as, { ...urgent, ...more }, options)
    t.equal(answer.status, 403)
    return failed(answer)
  }
  t.strictSame(await asking('ben', {}), ['deny'])
  t.strictSame(
    await asking('dan', {}).then((all) => all.includes('break_glass')),
    false,
    'no engineer at all',
  )
  t.ok((await asking('job', {})).includes('break_glass'), 'no run breaks glass')
  t.ok((await asking('ana', {}, { from: '198.51.100.7' })).includes('network'))
  t.ok((await asking('ana', { window: '31m' })).includes('window'))
  t.ok((await asking('ana', { reason: 'an outage' })).includes('reason'))
  t.ok((await asking('ana', { ticket: 'X-1' })).includes('ticket'))
  t.ok((await asking('ana', { actions: ['dynamodb:DeleteTable'] })).includes('scope'))
  t.ok((await asking('ana', { role: 'orders-debug' })).includes('break_glass'), 'a role that has none of it')
  const block = await stint.call('POST', '/v1/revocations', {
    as: 'ola',
    body: { of: 'role', name: 'orders-repair', reason: 'a pause' },
  })
  t.ok((await asking('ana', {})).includes('revoked'))
  await stint.call('POST', `/v1/revocations/${block.body['id']}/lift`, {
    as: 'ola',
    body: { reason: 'over' },
  })
  t.strictSame(await asking('ana', {}), ['cost'], 'the limit on what may be spent')
  t.match(await eventsOf(stint, 'review.opened'), [], 'what was refused is not reviewed')
})

t.test('so many may wait for their review, and no more: not by racing either', async (t) => {
  const stint = await startStint({ rules })
  t.teardown(() => stint.close())
  const answers = await Promise.all(Array.from({ length: 6 }, () => stint.ask('ana', urgent)))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 201, 403, 403, 403, 403])
  t.match(answers.find(({ status }) => status === 403)?.body, {
    detail: /2 uses of this person wait for their review, and there may be 2\. Have one of them signed off/,
  })
  t.equal((await stint.ask('ben', urgent)).status, 201, 'nobody else is held up')
  const [first = ''] = answers.filter(({ status }) => status === 201).map(idOf)
  t.match((await post(stint, first, 'revoke', 'bo', { reason: 'enough' })).body, { state: 'revoked' })
  t.equal((await post(stint, first, 'credentials', 'ana')).status, 409)
  t.equal((await signOff(stint, first, 'bo')).status, 200, 'stopped, and signed off')
  t.equal((await stint.ask('ana', urgent)).status, 201)
})

t.test('it holds at every step, and no review is lost with its rules', async (t) => {
  const stint = await startStint({ rules })
  t.teardown(() => stint.close())
  const id = idOf(await stint.ask('ana', urgent))
  t.match(await post(stint, id, 'revoke', 'eve', { reason: 'no' }), { status: 404 })
  const role = (await stint.call('GET', '/v1/roles', { as: 'ana' })).body['roles']!
  t.match(role, [
    { name: 'orders-debug' },
    { name: 'orders-repair', breakGlass: { window: '30m', reason: 20 } },
  ])
  stint.rules = usualRules
  await stint.app.reload()
  const late = await post(stint, id, 'credentials', 'ana')
  t.match(late, { status: 403, body: { code: 'denied' } }, 'the role is not to be had like that any more')
  t.strictSame(failed(late), ['break_glass'])
  await post(stint, id, 'end', 'ana')
  t.equal((await signOff(stint, id, 'bo')).status, 403, 'leads are named no more')
  t.match((await signOff(stint, id, 'ola')).body, { review: { state: 'signed', by: 'corp#ola' } })
  t.match(await signOff(stint, id, 'ola'), {
    status: 409,
    body: { detail: /signed off already, by corp#ola/ },
  })
  const usual = idOf(await stint.ask('ana', { role: 'orders-debug', reason }))
  t.match(await signOff(stint, usual, 'ola'), { status: 409, body: { detail: /nothing to review/ } })
})
