import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { createHistories } from '../../src/audit/histories.js'
import { reviewing } from '../../src/audit/review/review.js'
import { toldBy } from '../../src/audit/told.js'
import type * as Contract from '../../src/http/contract.js'
import { madeRecord, type MadeGrant } from '../support/made-record.js'
import { startStint, type Stint } from '../support/stint.js'

const textsOf = async (stint: Stint): Promise<readonly string[]> => {
  const { text } = await stint.call('GET', '/v1/audit/events?limit=1000', {
    as: 'cy',
    headers: { accept: 'application/x-ndjson' },
  })
  return text.trimEnd().split('\n')
}

const fold = (texts: readonly string[]) => {
  const histories = createHistories()
  for (const text of texts) {
    const told = toldBy(text)
    if (told) histories.take(told)
  }
  return histories
}

t.test('a record told again: each grant as the broker has it', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const { call, ask, clock } = stint
  const repair = { role: 'orders-repair', reason: 'stuck order 4711', ticket: 'OPS-1' }
  const idOf = ({ body }: Awaited<ReturnType<typeof ask>>) => String(body['grant']?.['id'] ?? body['grant'])
  const vote = (id: string, as: 'bo' | 'dan' | 'ana', body: object) =>
    call('POST', `/v1/grants/${id}/votes`, { as, body })

  const used = idOf(await ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' }))
  await call('POST', `/v1/grants/${used}/credentials`, { as: 'ana', from: '203.0.113.9' })
  await call('POST', `/v1/grants/${used}/end`, { as: 'ana' })
  const agreed = idOf(await ask('ana', repair))
  await vote(agreed, 'ana', { answer: 'yes' })
  await vote(agreed, 'bo', { answer: 'yes', reason: 'seen the order' })
  await call('POST', `/v1/grants/${agreed}/credentials`, { as: 'ana' })
  await call('POST', `/v1/grants/${agreed}/revoke`, { as: 'ola', body: { reason: 'wrong table' } })
  const refused = idOf(await ask('ana', repair))
  await vote(refused, 'dan', { answer: 'no', reason: 'not now' })
  const denied = idOf(await ask('ana', { role: 'orders-repair', reason: 'no ticket at all' }))
  const cancelled = idOf(await ask('job', repair))
  await call('POST', `/v1/grants/${cancelled}/cancel`, { as: 'job' })
  stint.sts.fail({ code: 'AccessDenied', status: 403 })
  const failed = idOf(await ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' }))
  const lapsed = idOf(await ask('ana', repair))
  clock.advance(31 * 60_000)

  const texts = await textsOf(stint)
  const histories = fold(texts)
  const all = [...histories.all()]
  t.same(
    all.map(({ id }) => id),
    [used, agreed, refused, denied, cancelled, failed, lapsed],
    'in the order in which they were asked for',
  )
  for (const history of all) {
    const { body } = await call('GET', `/v1/grants/${history.id}`, { as: 'cy' })
    const grant = body as unknown as Shown
    const { votes, issuances } = grant
    const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString())
    t.match(
      {
        ...history,
        askedAt: time(history.askedAt),
        decideBy: time(history.decideBy),
        activeAt: time(history.activeAt),
        endsAt: time(history.endsAt),
        closedAt: time(history.closedAt),
      },
      {
        // The sweep has not written it down yet; the clock has decided it.
        state: grant.state === 'lapsed' ? 'pending' : grant.state,
        asker: { subject: grant.asker.subject, kind: grant.asker.kind, actor: grant.asker.actor },
        role: grant.role,
        reason: grant.reason,
        ticket: grant.ticket,
        askedAt: grant.createdAt,
        decideBy: grant.decideBy,
        activeAt: grant.activeAt,
        endsAt: grant.endsAt,
        closedAt: grant.state === 'lapsed' ? undefined : grant.closedAt,
        closedBy: grant.closedBy,
        closedReason: grant.closedReason,
        config: grant.decision.config,
      },
      grant.state,
    )
    t.equal(history.scope?.arn, grant.scope?.arn)
    t.same(
      history.votes.map(({ by, answer, reason, at }) => ({ by, answer, reason, at: time(at) })),
      votes.map(({ voter, answer, reason, at }) => ({ by: voter, answer, reason, at })),
    )
    t.same(
      history.issuances.map(({ id, state, accessKeyId, assumedRoleId, expiresAt, stsRequestId }) => ({
        ...{ id, state, accessKeyId, assumedRoleId, stsRequestId },
        expiresAt: time(expiresAt),
      })),
      issuances.map(({ id, state, accessKeyId, assumedRoleId, expiresAt, stsRequestId }) => ({
        ...{ id, state, accessKeyId, assumedRoleId, stsRequestId, expiresAt },
      })),
    )
  }
  const { issuances } = histories.get(used) ?? all[0]!
  t.match(
    issuances.map(({ address }) => address),
    ['203.0.113.7', '203.0.113.9'],
  )
  t.match(issuances[0], { roleArn: /^arn:aws:iam::/, sessionName: /^ana-/, sourceIdentity: /^ana/ })
  t.same(histories.get(denied)?.failed, ['ticket'])
  t.match(histories.get(agreed), { outcome: 'approve', rules: ['repair'], cost: { unbounded: false } })
  t.equal(histories.get(failed)?.issuances[0]?.state, 'failed')
  t.match(histories.get(cancelled)?.asker, { kind: 'workload', actor: 'corp#ana' })
  t.equal(
    histories.get(agreed)?.scope,
    histories.get(refused)?.scope,
    'what reads the same is there once, so that a large record fits',
  )

  // A kind of tomorrow, another form of a kind of today, a checkpoint, and what was cut off before: nothing breaks.
  const odd = [
    ...['{"checkpoint":"x"}', 'x', '[]', 'null', '{"seq":1}'],
    JSON.stringify({ seq: 1, at: '2026-11-24T10:00:00.000Z', kind: 'grant.wished', by: 'x', grant: used }),
    JSON.stringify({ seq: 2, at: '2026-11-24T10:00:00.000Z', kind: 'vote.cast', by: 'x', grant: 'gone' }),
  ]
  t.same([...fold([...odd, ...texts, ...odd]).all()], all)
})

/** A grant as the broker answers with it. */
type Shown = Contract.Grant & Required<Pick<Contract.Grant, 'votes' | 'issuances'>>

t.test('whatever stands in a record, reading it throws nothing', async () => {
  const kinds = fc.constantFrom('grant.active', 'grant.denied', 'vote.cast', 'issuance.done', 'toString')
  const data = fc.dictionary(
    fc.constantFrom('ask', 'asker', 'decision', 'issuance', 'answer', 'voter', 'closedAt', 'endsAt'),
    fc.jsonValue(),
  )
  const event = fc.record({ kind: kinds, data, grant: fc.constantFrom('a', 'b') })
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const at = '2026-11-24T10:00:00.000Z'
      fold(events.map((one, n) => JSON.stringify({ seq: n + 1, at, by: 'x', ...one })))
    }),
  )
})

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
const monday = Date.UTC(2026, 8, 7)

const review = (texts: readonly string[], from = monday, to = monday + 365 * day) => {
  const reviewed = reviewing({ from, to })
  for (const text of texts) {
    const told = toldBy(text)
    if (told) reviewed.take(told)
  }
  return reviewed.end()
}

t.test('the numbers of a review are those of another count', async () => {
  const names = fc.constantFrom('ana', 'ben', 'job')
  const made = fc.record({
    who: names,
    role: fc.constantFrom('orders-debug', 'orders-repair', 'logs'),
    usd: fc.integer({ min: 0, max: 5_000 }),
    unbounded: fc.boolean(),
    after: fc.integer({ min: 0, max: 20 * day }),
    issued: fc.array(fc.record({ state: fc.constantFrom('done', 'failed', 'unknown') }), { maxLength: 3 }),
    fate: fc.constantFrom('at once', 'refused', 'yes', 'no'),
  })
  fc.assert(
    fc.property(fc.array(made, { maxLength: 40 }), fc.nat(20), fc.nat(20), (asks, one, other) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other) + 1].map((n) => monday + n * day)
      const record = madeRecord()
      const specs = asks.map(
        ({ after, fate, issued, ...rest }): MadeGrant & { at: number; fate: string } => ({
          ...rest,
          at: monday + after,
          fate,
          ...(fate === 'refused' && { failed: ['ticket'] }),
          ...((fate === 'yes' || fate === 'no') && { votes: [{ by: 'bo', after: minute, answer: fate }] }),
          ...(fate !== 'refused' && fate !== 'no' && { issued }),
        }),
      )
      for (const spec of specs) record.grant(spec)
      // The clock goes on to where all windows are over, so that nothing depends on what came last.
      record.put('audit.read', monday + 400 * day, 'corp#cy', {})
      const { grants, roles, people, approvers } = review(record.texts(), from, to)
      const mine = specs.filter(({ at }) => at >= Number(from) && at < Number(to))
      // A vote after the end of the period is none of the period yet.
      const early = ({ at }: { readonly at: number }) => at + minute < Number(to)
      const granted = mine.filter((spec) => spec.fate === 'at once' || (spec.fate === 'yes' && early(spec)))
      const denied = mine.filter((spec) => spec.fate === 'refused' || (spec.fate === 'no' && early(spec)))
      const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)
      const same = (a: unknown, b: unknown) => {
        if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${JSON.stringify([a, b])}`)
      }
      same(grants.length, mine.length)
      for (const each of [roles, people]) {
        same(total(each.map(({ asks: n }) => n)), mine.length)
        same(total(each.map(({ granted: n }) => n)), granted.length)
        same(total(each.map(({ denied: n }) => n)), denied.length)
        same(total(each.map(({ unbounded: n }) => n)), granted.filter((spec) => spec.unbounded).length)
        same(
          total(each.map(({ usd }) => usd)),
          total(granted.filter((spec) => !spec.unbounded).map(({ usd = 0 }) => usd)),
        )
      }
      for (const { role, asks: n, holders } of roles) {
        const own = mine.filter((spec) => spec.role === role)
        same(n, own.length)
        for (const [who, times] of holders)
          same(times, granted.filter((spec) => spec.role === role && `corp#${spec.who}` === who).length)
      }
      const voted = mine.filter((spec) => ['yes', 'no'].includes(spec.fate) && early(spec))
      same(total(approvers.map(({ yes, no }) => yes + no)), voted.length)
    }),
    { numRuns: 60 },
  )
})

/** A record that a rule finds something in, and one that it just does not. */
type Made = ReturnType<typeof madeRecord>
const times = (count: number, make: (n: number) => unknown): void =>
  Array.from({ length: count }).forEach((_, n) => make(n))
const days = (record: Made, count: number, more: Partial<MadeGrant> = {}) =>
  times(count, (n) => record.grant({ at: monday + n * day + 10 * hour, ...more }))
const voting = (record: Made, count: number, after: number, more: Partial<MadeGrant> = {}) =>
  times(count, (n) => record.grant({ at: monday + n * day, votes: [{ by: 'bo', after }], ...more }))

const rules: Readonly<
  Record<string, readonly [hit: (record: Made) => unknown, miss: (record: Made) => unknown]>
> = {
  'own-ask': [
    (record) =>
      record.put(
        'request.refused',
        monday,
        'corp#ana',
        { operation: 'vote', code: 'forbidden', why: 'own_ask' },
        'g',
      ),
    (record) =>
      record.put('request.refused', monday, 'corp#ana', { operation: 'vote', code: 'forbidden' }, 'g'),
  ],
  'at-a-glance': [(record) => voting(record, 1, 9.9 * second), (record) => voting(record, 1, 10 * second)],
  'rubber-stamp': [
    (record) => voting(record, 10, minute),
    (record) => {
      voting(record, 9, 20 * second)
      record.grant({ at: monday, votes: [{ by: 'bo', after: minute, answer: 'no' }] })
    },
  ],
  'same-pair': [
    (record) => {
      voting(record, 5, minute)
      record.grant({ at: monday, votes: [{ by: 'dan', after: minute }] })
    },
    (record) => {
      voting(record, 5, minute)
      voting(record, 2, minute, { votes: [{ by: 'dan', after: minute }] })
    },
  ],
  'break-glass': [
    (record) => {
      record.grant({ at: monday - day, glass: { signedBy: 'dan' } })
      record.grant({ at: monday - day, glass: {} })
    },
    (record) => record.grant({ at: monday - day, glass: { signedBy: 'dan' } }),
  ],
  unanswered: [
    (record) => record.grant({ at: monday, issued: [{ state: 'withheld' }] }),
    (record) => record.grant({ at: monday, issued: [{ state: 'done' }, { state: 'failed' }] }),
  ],
  'unbounded-cost': [
    (record) => record.grant({ at: monday, unbounded: true }),
    (record) => {
      record.grant({ at: monday, unbounded: true, failed: ['who'] })
      record.grant({ at: monday, usd: 1e9 })
    },
  ],
  'repeated-refusal': [
    (record) => days(record, 5, { failed: ['network'] }),
    (record) => {
      days(record, 4, { failed: ['network'] })
      days(record, 4, { failed: ['ticket'] })
      days(record, 4, { failed: ['network'], who: 'ben' })
    },
  ],
  'denied-cost': [
    (record) => record.grant({ at: monday, failed: ['cost'] }),
    (record) => record.grant({ at: monday, failed: ['ticket'] }),
  ],
  revoked: [
    (record) => record.grant({ at: monday, revokedBy: 'ola' }),
    (record) => record.grant({ at: monday }),
  ],
  'no-ticket': [
    (record) => record.grant({ at: monday, ticket: undefined }),
    (record) => record.grant({ at: monday, ticket: undefined, failed: ['ticket'] }),
  ],
  'same-reason': [
    (record) => days(record, 10, { reason: 'work' }),
    (record) => {
      days(record, 9, { reason: 'work' })
      days(record, 9, { reason: 'work', who: 'ben' })
    },
  ],
  unused: [
    (record) => {
      record.grant({ at: monday, issued: [{ state: 'failed' }] })
      record.grant({ at: monday + day })
    },
    (record) => record.grant({ at: monday }),
  ],
  'unusual-hour': [
    (record) => {
      days(record, 19)
      record.grant({ at: monday + 3 * hour })
    },
    (record) => {
      days(record, 18)
      record.grant({ at: monday + 3 * hour })
      days(record, 19, { who: 'ben' })
      record.grant({ at: monday + 11.9 * hour, who: 'ben' })
      days(record, 19, { who: 'ci', kind: 'workload' })
      record.grant({ at: monday + 3 * hour, who: 'ci', kind: 'workload' })
    },
  ],
  'unusual-address': [
    (record) => {
      days(record, 19)
      record.grant({ at: monday, address: '2001:db8:10::7' })
    },
    (record) => {
      days(record, 18)
      record.grant({ at: monday, address: '198.51.100.7' })
      days(record, 19, { who: 'ben' })
      record.grant({ at: monday, who: 'ben', address: '203.0.113.200' })
    },
  ],
  'first-role': [
    (record) => {
      days(record, 20)
      record.grant({ at: monday + 30 * day, role: 'payroll' })
    },
    (record) => {
      days(record, 19)
      record.grant({ at: monday + 30 * day, role: 'payroll' })
      record.grant({ at: monday + 31 * day, role: 'payroll' })
    },
  ],
  'collected-elsewhere': [
    (record) =>
      record.grant({ at: monday, issued: [{ state: 'done' }, { state: 'done', address: '198.51.100.7' }] }),
    (record) => record.grant({ at: monday, issued: [{ state: 'done', address: '203.0.113.99' }] }),
  ],
  restored: [
    (record) =>
      record.put('log.restored', monday, 'stint', { expected: '2:a', found: '1:b', reason: 'disk' }),
    (record) =>
      record.put('log.restored', monday - 1, 'stint', { expected: '2:a', found: '1:b', reason: 'disk' }),
  ],
  clock: [
    (record) => {
      record.grant({ at: monday + hour })
      record.grant({ at: monday + hour - minute - 1 })
    },
    (record) => {
      record.grant({ at: monday + hour })
      record.grant({ at: monday + hour - minute })
    },
  ],
  'deny-failed': [
    (record) => record.put('revocation.failed', monday, 'stint', { arn: 'a', fault: 'f' }),
    (record) => record.put('revocation.written', monday, 'stint', { arn: 'a' }),
  ],
  blocks: [
    (record) => record.put('revocation.placed', monday, 'corp#ola', { of: 'subject', name: 'corp#x' }),
    (record) => record.put('revocation.written', monday, 'corp#ola', { arn: 'a' }),
  ],
  config: [
    (record) => {
      record.put('config.loaded', monday - day, 'stint', { config: 'a' })
      record.put('config.loaded', monday, 'stint', { config: 'b' })
    },
    (record) => {
      record.put('config.loaded', monday - day, 'stint', { config: 'a' })
      record.put('config.loaded', monday, 'stint', { config: 'a' })
    },
  ],
  keys: [
    (record) => record.put('log.keys', monday, 'stint', { keys: ['k'] }),
    (record) => record.put('config.loaded', monday, 'stint', { config: 'a' }),
  ],
  retention: [
    (record) => record.put('log.dropped', monday, 'stint', { first: 1, last: 9 }),
    (record) => record.put('log.archived', monday - 1, 'stint', { first: 1, last: 9 }),
  ],
  readers: [
    (record) => record.put('audit.read', monday, 'corp#cy', { filters: {} }),
    (record) => record.put('audit.read', monday - 1, 'corp#cy', { filters: {} }),
  ],
}

t.test('each rule finds what it is for, once, and not what just falls short of it', async (t) => {
  const found = (make: (record: Made) => unknown, id: string) => {
    const record = madeRecord()
    make(record)
    return review(record.texts()).findings.find((one) => one.id === id)?.rows.length
  }
  t.same(
    review([])
      .findings.map(({ id }) => id)
      .sort(),
    Object.keys(rules).sort(),
    'every rule is here',
  )
  for (const [id, [hit, miss]] of Object.entries(rules)) {
    t.equal(found(hit, id), 1, id)
    t.equal(found(miss, id), 0, `${id}: just not`)
  }
  const glass = madeRecord()
  glass.grant({ at: monday, reason: 'all is down', glass: { signedBy: 'dan' } })
  glass.grant({ at: monday, reason: 'all is down', glass: {} })
  const broken = review(glass.texts()).findings.find(({ id }) => id === 'break-glass')
  t.match(broken?.rows, [
    { text: 'all is down; the review was signed: seen', by: ['corp#dan'] },
    { text: 'all is down; nobody has signed the review' },
  ])
})

t.test('a period is told as it stood at its end, whatever came later', async (t) => {
  const record = madeRecord()
  record.grant({ at: monday - 30 * minute })
  record.grant({ at: monday - 2 * hour })
  const open = record.grant({ at: monday + day - 30 * minute })
  const waiting = record.grant({ at: monday + day - 10 * minute, votes: [{ by: 'bo', after: 20 * minute }] })
  const over = record.grant({ at: monday })
  const lapsed = record.grant({ at: monday + hour, votes: [] })
  const late = record.grant({ at: monday + day })
  const told = review(record.texts(), monday, monday + day)
  t.same(
    told.grants.map(({ id, state }) => [id, state]),
    [
      [open, 'active'],
      [waiting, 'pending'],
      [over, 'ended'],
      [lapsed, 'lapsed'],
    ],
  )
  t.equal(told.carried, 1, 'of two that were asked for before, one was open still')
  t.equal(told.approvers.length, 0, 'the vote came after the end')
  t.equal(told.asOf, monday + day - 10 * minute, 'and nothing is known of what comes after the record')
  t.equal(review(record.texts(), monday + day, monday + 2 * day).grants[0]?.id, late)
  const empty = review([], monday, monday + day)
  t.match(empty, { grants: [], roles: [], people: [], approvers: [], observed: { events: 0 } })
})
