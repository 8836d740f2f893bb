import type { Test } from 'tap'
import { Fault } from '../../src/fault.js'
import type { Grant, Issuance, Vote } from '../../src/grant/grant.js'
import type { Change, Store } from '../../src/grant/store.js'
import { peopleContract } from './store-people.js'
import { blocksContract } from './store-blocks.js'
import { sealContract } from './store-seal.js'
import { outboxContract } from './store-outbox.js'
import { searchContract } from './store-search.js'
import type { TotalOf } from '../../src/decision/spending.js'
import { chained, conflict, creation, eventOf, fresh, grantOf, idOf, issuanceOf } from './store-values.js'
import type { GrantParts } from './store-values.js'
import { logOf, minute, t0, voteOf } from './store-values.js'

/** What every implementation of the store promises. `open` gives a fresh, empty store each time. */
export async function storeContract(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('a grant is created whole, once, and changed only from the version seen', async (t) => {
    const store = await fresh(t, open)
    t.same(await store.head(), {
      seq: 0,
      leaf: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    })
    t.equal(await store.snapshot(idOf(1)), undefined)

    const grant = grantOf(idOf(1), {
      reason: 'half a pair \ud800, NUL \0 and "quotes"',
      actor: 'corp#grace',
    })
    const committed = await store.commit(creation(grant))
    t.same(committed, { ok: true, head: await store.head() })
    t.same(await store.snapshot(grant.id), { grant, votes: [], issuances: [] })
    t.same(await store.commit(creation(grant)), conflict('version'), 'exists already')

    const active: Grant = { ...grant, version: 2, state: 'active', activeAt: t0, endsAt: t0 + minute }
    const step = (version: number): Change => ({
      expect: [{ grant: grant.id, version }],
      grant: { ...active, version: version + 1 },
      events: [eventOf({ kind: 'grant.active', grant: grant.id })],
    })
    t.same(await store.commit(step(0)), conflict('version'))
    t.same(await store.commit(step(2)), conflict('version'))
    t.match(await store.commit(step(1)), { ok: true })
    t.same((await store.snapshot(grant.id))?.grant, active)
    t.same(await store.commit(step(1)), conflict('version'), 'moved on')

    const missing = { expect: [{ grant: idOf(2), version: 1 }], events: [eventOf()] }
    t.same(await store.commit(missing), conflict('version'), 'only expected, and not there')
    const seen = { expect: [{ grant: grant.id, version: 2 }], events: [eventOf()] }
    t.match(await store.commit(seen), { ok: true }, 'only expected, and there')
    t.same((await store.snapshot(grant.id))?.grant.version, 2)
    await chained(t, store, 3)
  })

  await t.test(
    'totals are what became active, and what was decided beside them is committed only so',
    async (t) => {
      const store = await fresh(t, open)
      const day = 86_400_000
      const of = (more: Partial<TotalOf> = {}): TotalOf => ({
        of: 'person',
        name: 'corp#ada',
        since: t0 - day,
        free: false,
        ...more,
      })
      const costing = (n: number, usd: number, parts: GrantParts = {}): Grant => {
        const activeAt = parts.state === 'pending' ? {} : { activeAt: t0 + n }
        const grant = grantOf(idOf(n), { state: 'active', ...activeAt, outcome: 'allow', ...parts })
        const declared = { usd, because: 'so it is', until: '2999-01-01' }
        return { ...grant, decision: { ...grant.decision, cost: { declared, concerns: [] } } }
      }
      const sums = async (...wanted: TotalOf[]) =>
        (await store.totals(wanted)).map((hours) => hours.reduce((sum, { cents }) => sum + cents, 0))

      t.same(await store.totals([of(), of({ of: 'all', name: '' })]), [[], []])
      await store.commit(creation(costing(1, 900)))
      await store.commit(
        creation(costing(2, 0.501, { outcome: 'approve', actor: 'corp#ada', subject: 'ci#run' })),
      )
      await store.commit(
        creation(costing(3, 10, { subject: 'corp#bob', role: 'repair', activeAt: t0 + 3_600_000 })),
      )
      await store.commit(creation(costing(4, 7, { state: 'pending' })))
      // Runs with nobody behind them: whatever branch they name, one budget for each role.
      for (const [n, branch] of [
        [41, 'a'],
        [42, 'b'],
      ] as const) {
        const run = costing(n, 3, { subject: `ci#repo:${branch}`, role: 'deploy', account: '210987654321' })
        await store.commit(creation({ ...run, asker: { ...run.asker, kind: 'workload' } }))
      }
      t.same(await sums(of({ name: 'runs under deploy' })), [600])
      t.same(
        await sums(
          of(),
          of({ free: true }),
          of({ of: 'role', name: 'repair' }),
          of({ of: 'account', name: '123456789012' }),
          of({ of: 'all', name: '' }),
          of({ since: t0 + 1 }),
          of({ until: t0 + 2 }),
          of({ name: "corp#ada' OR 1=1" }),
        ),
        [90_051, 90_000, 1_000, 91_051, 91_651, 51, 90_000, 0],
        'a run counts for the person behind it, and what waits for nobody',
      )
      const hour = Math.floor(t0 / 3_600_000)
      t.same(await store.totals([of({ of: 'all', name: '' })]), [
        [
          { hour, cents: 90_651 },
          { hour: hour + 1, cents: 1_000 },
        ],
      ])

      const beside = (n: number, cents: number) => ({
        ...creation(costing(n, 900)),
        totals: [{ of: of(), least: cents, most: cents }],
      })
      t.same(await store.commit(beside(5, 90_000)), conflict('totals'))
      t.equal(await store.snapshot(idOf(5)), undefined, 'nothing of it is written')
      const racing = await Promise.all([5, 6, 7].map((n) => store.commit(beside(n, 90_051))))
      t.equal(racing.filter(({ ok }) => ok).length, 1, 'of those that rest on one total, one')
      t.same(
        racing.filter(({ ok }) => !ok),
        [conflict('totals'), conflict('totals')],
      )
      t.same(await sums(of()), [180_051])
      // What ends counts still, and is not counted twice.
      const won = racing.findIndex(({ ok }) => ok) + 5
      const ended = { ...costing(won, 900), version: 2, state: 'ended' as const }
      t.match(
        await store.commit({
          expect: [{ grant: ended.id, version: 1 }],
          grant: ended,
          totals: [{ of: of(), least: 0, most: 180_051 }],
          events: [eventOf()],
        }),
        { ok: true },
      )
      t.same(await sums(of()), [180_051])
    },
  )

  await t.test('a change that contradicts itself is a bug, and writes nothing', async (t) => {
    const store = await fresh(t, open)
    const grant = grantOf(idOf(1))
    const odd: readonly Change[] = [
      { grant, events: [eventOf()] },
      { expect: [{ grant: grant.id, version: 0 }], grant: { ...grant, version: 2 }, events: [eventOf()] },
      { vote: voteOf(idOf(9), 'corp#eve'), events: [eventOf()] },
      { issuance: { from: 'none', row: issuanceOf('i1', idOf(9)) }, events: [eventOf()] },
      { ...creation(grant), events: [eventOf(), eventOf({ at: Number.NaN })] },
      { ...creation(grant), events: [eventOf({ data: { size: 1n } })] },
      { ...creation(grant), events: [eventOf({ data: { call: () => 1 } })] },
      creation(grantOf(idOf(2), { state: 'active', endsAt: 1.5 })),
    ]
    for (const change of odd) await t.rejects(store.commit(change), { name: 'Fault', code: 'internal' })
    t.equal(await store.snapshot(grant.id), undefined)
    await chained(t, store, 0)
  })

  await t.test('names that could not be told apart once stored are refused', async (t) => {
    const store = await fresh(t, open)
    for (const name of ['corp#\ud800', 'corp#a\0b']) {
      const refused = { name: 'Fault', code: 'invalid_request' }
      await t.rejects(store.commit(creation(grantOf(idOf(1), { subject: name }))), refused)
      await t.rejects(store.commit({ events: [eventOf({ by: name })] }), refused)
      await t.rejects(store.key(name, 'k'), refused)
      await t.rejects(store.search({ visibleTo: { subject: name, open: true }, limit: 1, now: t0 }), refused)
      await t.rejects(store.events({ by: name, limit: 1 }), refused)
    }
    await chained(t, store, 0)
  })

  await t.test('of many who saw the same version, exactly one commits', async (t) => {
    const store = await fresh(t, open)
    const grant = grantOf(idOf(1))
    const created = await Promise.all(Array.from({ length: 50 }, () => store.commit(creation(grant))))
    t.equal(created.filter((done) => done.ok).length, 1)
    const moved = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        store.commit({
          expect: [{ grant: grant.id, version: 1 }],
          grant: { ...grant, version: 2, state: 'cancelled', closedBy: `corp#${n}` },
          events: [eventOf({ kind: 'grant.cancelled', by: `corp#${n}`, grant: grant.id })],
        }),
      ),
    )
    t.equal(moved.filter((done) => done.ok).length, 1)
    const winner = `corp#${moved.findIndex((done) => done.ok)}`
    t.equal((await store.snapshot(grant.id))?.grant.closedBy, winner)
    t.same(
      (await store.events({ kinds: ['grant.cancelled'], limit: 9 })).map((entry) => entry.by),
      [winner],
    )
    await chained(t, store, 2)
  })

  await t.test('votes, issuances and keys: once each, and the snapshot has them in order', async (t) => {
    const store = await fresh(t, open)
    const grant = grantOf(idOf(1))
    const key = { subject: 'corp#ada', key: 'k-1', body: 'b0d1', grant: grant.id }
    t.match(await store.commit({ ...creation(grant), key }), { ok: true })
    t.same(await store.key('corp#ada', 'k-1'), key)
    t.equal(await store.key('corp#eve', 'k-1'), undefined, 'a key belongs to its caller')
    const other = grantOf(idOf(2))
    t.same(await store.commit({ ...creation(other), key: { ...key, grant: other.id } }), conflict('key'))
    t.equal(await store.snapshot(other.id), undefined, 'the grant went with its key')
    t.match(
      await store.commit({ ...creation(other), key: { ...key, subject: 'corp#bob', grant: other.id } }),
      { ok: true },
    )

    const cast = (vote: Vote) =>
      store.commit({ vote, events: [eventOf({ kind: 'vote.cast', by: vote.voter.subject })] })
    t.match(await cast(voteOf(grant.id, 'corp#zoe', t0 + 1)), { ok: true })
    t.match(await cast(voteOf(grant.id, 'corp#bob', t0 + 2)), { ok: true })
    t.same(await cast({ ...voteOf(grant.id, 'corp#zoe', t0 + 3), answer: 'no' }), conflict('vote'))
    t.match(await cast(voteOf(other.id, 'corp#zoe')), { ok: true }, 'one vote a grant')

    const move = (from: Issuance['state'] | 'none', row: Issuance) =>
      store.commit({ issuance: { from, row }, events: [eventOf({ kind: `issuance.${row.state}` })] })
    const started = issuanceOf('i2', grant.id, { startedAt: t0 + 2 })
    t.same(await move('started', started), conflict('issuance'), 'none yet')
    t.match(await move('none', started), { ok: true })
    t.same(await move('none', started), conflict('issuance'), 'there already')
    t.match(await move('none', issuanceOf('i1', grant.id, { startedAt: t0 + 1 })), { ok: true })
    const done: Issuance = { ...started, state: 'done', accessKeyId: 'ASIAEXAMPLE', finishedAt: t0 + 9 }
    t.same(await move('started', { ...done, grant: other.id }), conflict('issuance'), 'of another grant')
    t.match(await move('started', done), { ok: true })
    t.same(await move('started', { ...done, state: 'unknown' }), conflict('issuance'), 'no longer started')

    const snapshot = await store.snapshot(grant.id)
    t.same(snapshot?.votes, [voteOf(grant.id, 'corp#zoe', t0 + 1), voteOf(grant.id, 'corp#bob', t0 + 2)])
    t.same(snapshot?.issuances, [issuanceOf('i1', grant.id, { startedAt: t0 + 1 }), done])
    await chained(t, store, 2 + 3 + 3)
  })

  await t.test(
    '500 commits at once, some in conflict: gapless, chained, nothing of what failed',
    async (t) => {
      const store = await fresh(t, open)
      const taken = grantOf(idOf(0))
      await store.commit(creation(taken))
      const commits = Array.from({ length: 500 }, (_, n) => {
        if (n % 5 === 1) return store.commit({ ...creation(taken), events: [eventOf({ by: 'corp#late' })] })
        // Conflicts only after rows of it were written.
        if (n % 5 === 2) {
          const key = { subject: 's', key: 'same', body: 'b', grant: idOf(n) }
          return store.commit({ ...creation(grantOf(idOf(n), { subject: 'corp#key' })), key })
        }
        if (n % 5 === 3) return store.commit({ events: [eventOf({ by: 'corp#odd', at: Number.NaN })] })
        return store.commit({ events: [eventOf({ data: { n } }), eventOf({ data: { n, second: true } })] })
      })
      const settled = await Promise.allSettled(commits)
      const heads = settled.flatMap((one) =>
        one.status === 'fulfilled' && one.value.ok ? [one.value.head] : [],
      )
      t.equal(settled.filter((one) => one.status === 'rejected').length, 100)
      t.equal(heads.length, 200 + 1)
      const entries = await logOf(store)
      await chained(t, store, 1 + 2 * 200 + 1)
      t.equal(new Set(heads.map((head) => head.seq)).size, heads.length)
      t.ok(
        heads.every(({ seq, leaf }) => entries[seq - 1]?.leaf === leaf),
        'each was told its own head',
      )
      t.equal(entries.filter((entry) => entry.by === 'corp#late' || entry.by === 'corp#odd').length, 0)
      t.equal(entries.filter((entry) => entry.by === 'corp#key').length, 1)
      t.equal((await store.search({ subject: 'corp#key', limit: 10, now: t0 })).length, 1)
    },
  )

  await t.test('due: what the clock has overtaken, the longest overdue first', async (t) => {
    const store = await fresh(t, open)
    const now = t0 + 60 * minute
    const grants = [
      grantOf(idOf(1), { decideBy: now }),
      grantOf(idOf(2), { decideBy: now + 1 }),
      grantOf(idOf(3), { state: 'active', endsAt: now - 5 }),
      grantOf(idOf(4), { state: 'active', endsAt: now + 1 }),
      grantOf(idOf(5), { state: 'ended', endsAt: now - 9 }),
      grantOf(idOf(6), { state: 'lapsed', decideBy: now - 9 }),
      grantOf(idOf(7), { decideBy: now - 7 }),
    ]
    for (const grant of grants) await store.commit(creation(grant))
    const issuances = [
      issuanceOf('i1', idOf(3), { startedAt: t0 + 2 }),
      issuanceOf('i2', idOf(3), { startedAt: t0 + 1 }),
      issuanceOf('i3', idOf(3), { startedAt: t0 + 3 }),
      issuanceOf('i4', idOf(3), { startedAt: t0, state: 'done' }),
    ]
    for (const row of issuances) await store.commit({ issuance: { from: 'none', row }, events: [] })
    const due = await store.due(now, t0 + 3, 10)
    t.same(due, { grants: [grants[6], grants[2], grants[0]], issuances: [issuances[1], issuances[0]] })
    t.same(await store.due(now, t0 + 3, 1), { grants: [grants[6]], issuances: [issuances[1]] })
    t.same(await store.due(t0, t0, 10), { grants: [], issuances: [] })
  })

  await t.test('a probe writes nothing that shows; after close everything is refused', async (t) => {
    const store = await open()
    await store.probe()
    await store.probe()
    t.same(await store.events({ limit: 5 }), [])
    const last = store.commit({ events: [eventOf()] })
    await Promise.all([store.close(), store.close()])
    t.match(await last, { ok: true }, 'what was called before is done')
    const calls = [
      () => store.commit({ events: [] }),
      () => store.snapshot('x'),
      () => store.key('a', 'b'),
      () => store.search({ limit: 1, now: t0 }),
      () => store.events({ limit: 1 }),
      () => store.due(t0, t0, 1),
      () => store.persons({ subject: 'a' }),
      () => store.slackUser({ id: 'T/U' }),
      () => store.outbox.claim(t0, t0, 1),
      () => store.outbox.post('a', 'b'),
      () => store.outbox.backlog(t0),
      () => store.head(),
      () => store.probe(),
    ]
    for (const call of calls) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      t.ok(error instanceof Fault)
      t.match(error, { code: 'store_unavailable', detail: /closed/ })
    }
    await store.close()
  })

  await peopleContract(t, open)

  await blocksContract(t, open)
  await sealContract(t, open)
  await outboxContract(t, open)
  await searchContract(t, open)
}
