import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { createHistories } from '../../src/audit/histories.js'
import { toldBy } from '../../src/audit/told.js'
import type * as Contract from '../../src/http/contract.js'
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
