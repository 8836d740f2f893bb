import type { Test } from 'tap'
import type { Claimed, Notice } from '../../src/grant/outbox.js'
import type { Store } from '../../src/grant/store.js'
import { conflict, creation, eventOf, fresh, grantOf, idOf, minute, t0 } from './store-values.js'

/** What every store promises of what is still to be told. */
export async function outboxContract(t: Test, open: () => Promise<Store>): Promise<void> {
  const notice = (n: number, parts: Partial<Notice> = {}): Notice => ({
    lane: 'channel C1',
    about: idOf(n),
    what: 'drawn',
    at: t0,
    ...parts,
  })
  const told = (claimed: readonly Claimed[]) =>
    claimed.map(({ lane, about, what }) => `${lane} ${about.slice(-1)} ${what}`)

  await t.test('notices come with their commit, or not at all', async (t) => {
    const store = await fresh(t, open)
    t.same(await store.outbox.backlog(t0), { waiting: 0, lag: 0 })
    const grant = grantOf(idOf(1))
    await store.commit({ ...creation(grant), outbox: [notice(1)] })
    t.same(await store.commit({ ...creation(grant), outbox: [notice(2)] }), conflict('version'))
    await t.rejects(store.commit({ outbox: [notice(3)], events: [] }), { code: 'internal' })
    t.same(await store.outbox.backlog(t0 + 5), { waiting: 1, lag: 5 })
    t.same(await store.outbox.backlog(t0 - 1), { waiting: 0, lag: 0 }, 'what is not due does not wait')
    t.same(await store.outbox.claim(t0 - 1, t0 + minute, 9), [])
    const [claimed] = await store.outbox.claim(t0, t0 + minute, 9)
    t.match(claimed, { ...notice(1), tries: 1, n: Number, unsureSince: undefined })
    t.same(await store.outbox.claim(t0 + minute - 1, t0 + 2 * minute, 9), [], 'somebody has it')
  })

  await t.test('of each lane and grant one after the other; of the rest nobody waits', async (t) => {
    const store = await fresh(t, open)
    const all = [
      notice(1),
      notice(1, { what: 'closed' }),
      notice(1, { lane: 'asker', what: 'outcome', ref: 'active' }),
      notice(2),
      notice(1, { lane: 'reminder C1', what: 'reminder', at: t0 + minute }),
    ]
    await store.commit({ outbox: all.slice(0, 3), events: [eventOf()] })
    await store.commit({ outbox: all.slice(3), events: [eventOf(), eventOf()] })
    const first = await store.outbox.claim(t0, t0 + minute, 9)
    t.same(told(first), ['channel C1 1 drawn', 'asker 1 outcome', 'channel C1 2 drawn'])
    const [drawn, , other] = first
    t.ok(drawn && other)
    if (!drawn || !other) return
    t.equal(await store.outbox.settle(drawn, { kind: 'again', due: t0 + 10, sure: true }), true)
    t.same(await store.outbox.claim(t0 + 9, t0 + minute, 9), [], 'what failed holds up its own lane')
    const [again] = await store.outbox.claim(t0 + 10, t0 + minute, 9)
    t.match(again, { what: 'drawn', tries: 2, unsureSince: undefined })
    t.equal(await store.outbox.settle(drawn, { kind: 'done' }), false, 'an older claim settles nothing')
    if (!again) return
    const post = { channel: 'C1', ts: '1.000001', drawn: 'abc' }
    t.equal(await store.outbox.post(again.lane, again.about), undefined)
    t.equal(await store.outbox.settle(again, { kind: 'done', post }), true)
    t.same(await store.outbox.post(again.lane, again.about), post)
    t.equal(await store.outbox.settle(again, { kind: 'done' }), false, 'it is told')
    const [closed] = await store.outbox.claim(t0 + 11, t0 + minute, 9)
    t.match(closed, { what: 'closed', tries: 1 })
    if (closed) await store.outbox.settle(closed, { kind: 'done', post: { ...post, drawn: 'def' } })
    t.same(await store.outbox.post(again.lane, again.about), { ...post, drawn: 'def' })
    t.same(await store.outbox.post(again.lane, idOf(2)), undefined)

    const [unanswered] = await store.outbox.claim(t0 + minute, t0 + 2 * minute, 1)
    t.match(unanswered, { what: 'outcome', unsureSince: t0 }, 'whoever took it never said what came of it')
    const later = await store.outbox.claim(t0 + minute, t0 + 2 * minute, 9)
    t.same(told(later), ['channel C1 2 drawn', 'reminder C1 1 reminder'])
    const last = later[1]
    if (!last) return
    t.equal(await store.outbox.settle(last, { kind: 'next', at: t0 + 2 * minute }), true)
    const next = await store.outbox.claim(t0 + 2 * minute - 1, t0 + 3 * minute, 9)
    t.same(next, [])
    t.match(await store.outbox.claim(t0 + 2 * minute, t0 + 3 * minute, 9), [
      { what: 'outcome', tries: 3 },
      { about: idOf(2), unsureSince: t0 },
      { what: 'reminder', at: t0 + 2 * minute, unsureSince: undefined },
    ])
  })

  await t.test('what is perhaps told stays so until somebody knows', async (t) => {
    const store = await fresh(t, open)
    await store.commit({ outbox: [notice(1)], events: [eventOf()] })
    const [first] = await store.outbox.claim(t0, t0 + 1, 9)
    if (first) await store.outbox.settle(first, { kind: 'again', due: t0 + 2, sure: false })
    const [second] = await store.outbox.claim(t0 + 2, t0 + 3, 9)
    t.match(second, { unsureSince: t0, tries: 2 })
    if (second) await store.outbox.settle(second, { kind: 'again', due: t0 + 4, sure: true })
    t.match(await store.outbox.claim(t0 + 4, t0 + 5, 9), [{ unsureSince: undefined, tries: 3 }])
  })

  await t.test('many who claim at once never have the same', async (t) => {
    const store = await fresh(t, open)
    const outbox = Array.from({ length: 40 }, (_, n) => notice(n))
    await store.commit({ outbox, events: [eventOf()] })
    const claims = await Promise.all(Array.from({ length: 12 }, () => store.outbox.claim(t0, t0 + minute, 7)))
    const taken = claims.flat().map(({ n }) => n)
    t.equal(new Set(taken).size, taken.length)
    const rest = await store.outbox.claim(t0, t0 + minute, 99)
    t.equal(taken.length + rest.length, 40)
  })
}
