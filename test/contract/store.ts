import type { Test } from 'tap'
import { verify } from '../../src/audit/chain.js'
import type { Event } from '../../src/audit/event.js'
import { Fault } from '../../src/fault.js'
import type { Grant, Issuance, Vote } from '../../src/grant/grant.js'
import type { Change, GrantQuery, Store } from '../../src/grant/store.js'

/** When the tests happen; far from any real clock. */
export const t0 = Date.UTC(2026, 10, 22, 10)
const minute = 60_000

export type GrantParts = Partial<Omit<Grant, 'ask' | 'asker' | 'decision' | 'scope'>> & {
  readonly subject?: string
  readonly actor?: string
  readonly role?: string
  readonly account?: string
  readonly reason?: string
  readonly outcome?: 'allow' | 'approve' | 'deny'
}

/** A grant as the broker would write it: pending for ten minutes, unless the parts say otherwise. */
export function grantOf(id: string, parts: GrantParts = {}): Grant {
  const { subject = 'corp#ada', actor, role = 'orders-debug', account = '123456789012', ...rest } = parts
  const { reason = 'Looking into a stuck order', outcome = 'approve', ...given } = rest
  const createdAt = given.createdAt ?? t0
  const state = given.state ?? 'pending'
  return {
    id,
    version: 1,
    state,
    asker: {
      subject,
      issuer: 'https://login.example.com',
      kind: actor === undefined ? 'person' : 'workload',
      groups: ['engineers'],
      ...(actor === undefined ? {} : { actor }),
      claims: { team: 'orders' },
      address: '203.0.113.9',
    },
    ask: { role, account, reason, ticket: 'OPS-1', window: 15 * minute },
    decision: { outcome, checks: [], requirements: [], config: 'c0ffee', at: createdAt },
    createdAt,
    ...(state === 'pending' ? { decideBy: createdAt + 10 * minute } : {}),
    ...(state === 'active' ? { activeAt: createdAt, endsAt: createdAt + 15 * minute } : {}),
    ...given,
  }
}

export const voteOf = (grant: string, subject: string, at = t0): Vote => ({
  grant,
  voter: {
    subject,
    issuer: 'https://login.example.com',
    kind: 'person',
    groups: [],
    claims: {},
    address: '::1',
  },
  answer: 'yes',
  at,
})

export const issuanceOf = (id: string, grant: string, parts: Partial<Issuance> = {}): Issuance => ({
  id,
  grant,
  state: 'started',
  sessionName: `ada-${id}`,
  startedAt: t0,
  ...parts,
})

export const eventOf = (parts: Partial<Event> = {}): Event => ({
  kind: 'grant.pending',
  at: t0,
  by: 'corp#ada',
  data: {},
  ...parts,
})

/** The change that creates a grant, with its event. */
export const creation = (grant: Grant): Change => ({
  expect: [{ grant: grant.id, version: 0 }],
  grant,
  events: [eventOf({ at: grant.createdAt, by: grant.asker.subject, grant: grant.id })],
})

const conflict = (what: string) => ({ ok: false, conflict: what })

/** A ULID's shape, in the order of `n`. */
const idOf = (n: number): string => `01KAM${String(n).padStart(21, '0')}`

/** What every implementation of the store promises. `open` gives a fresh, empty store each time. */
export async function storeContract(t: Test, open: () => Promise<Store>): Promise<void> {
  const fresh = async (t: Test): Promise<Store> => {
    const store = await open()
    t.teardown(() => store.close())
    return store
  }
  const all = async (store: Store) => store.events({ limit: 10_000 })
  const chained = async (t: Test, store: Store, count: number) => {
    const entries = await all(store)
    t.equal(entries.length, count)
    t.same(verify(entries), { ok: true, head: await store.head() })
  }

  await t.test(
    'a grant is created whole, once, and changed only from the version that was seen',
    async (t) => {
      const store = await fresh(t)
      t.same(
        await store.head(),
        verify([]).ok && { seq: 0, leaf: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
      )
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
    },
  )

  await t.test('a change that contradicts itself is a bug, and writes nothing', async (t) => {
    const store = await fresh(t)
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
    const store = await fresh(t)
    for (const name of ['corp#\ud800', 'corp#a\0b']) {
      const refused = { name: 'Fault', code: 'invalid_request' }
      await t.rejects(store.commit(creation(grantOf(idOf(1), { subject: name }))), refused)
      await t.rejects(store.commit({ events: [eventOf({ by: name })] }), refused)
      await t.rejects(store.key(name, 'k'), refused)
      await t.rejects(store.search({ visibleTo: name, limit: 1, now: t0 }), refused)
      await t.rejects(store.events({ by: name, limit: 1 }), refused)
    }
    await chained(t, store, 0)
  })

  await t.test('of many who saw the same version, exactly one commits', async (t) => {
    const store = await fresh(t)
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
    const store = await fresh(t)
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
      const store = await fresh(t)
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
      const entries = await all(store)
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

  await t.test('search: every filter, alone and with others, paged without a gap or a repeat', async (t) => {
    const store = await fresh(t)
    const states = ['denied', 'pending', 'active', 'lapsed', 'cancelled', 'revoked', 'ended'] as const
    const reasons = [
      'Fix the OPS-12 backlog',
      'fix; DROP TABLE "grants" --',
      'Über Straße, naïve',
      '東京 deploy 🚀',
    ]
    const grants = Array.from({ length: 120 }, (_, n) =>
      grantOf(idOf(n), {
        // Three share each millisecond.
        createdAt: t0 + Math.floor(n / 3) * minute,
        state: states[n % 7] ?? 'denied',
        subject: `corp#s${n % 4}`,
        ...(n % 6 === 0 ? { actor: 'corp#s1' } : {}),
        role: n % 3 === 0 ? 'orders-debug' : 'admin',
        account: n % 5 === 0 ? '111122223333' : '123456789012',
        outcome: (['allow', 'approve', 'deny'] as const)[n % 3] ?? 'deny',
        reason: reasons[n % 4] ?? '',
      }),
    )
    await Promise.all(grants.map((grant) => store.commit(creation(grant))))
    for (const n of [3, 7, 30, 31]) {
      await store.commit({ vote: voteOf(idOf(n), 'corp#voter'), events: [] })
    }
    for (const n of [2, 9]) {
      const row = issuanceOf(`i${n}`, idOf(n), { accessKeyId: n === 2 ? 'ASIATWO' : 'ASIANINE' })
      await store.commit({ issuance: { from: 'none', row }, events: [] })
    }

    // In the middle: some pending and active grants are past their time, others are not.
    const now = t0 + 22 * minute
    const as = (grant: Grant) => {
      if (grant.state === 'pending') return (grant.decideBy ?? 0) <= now ? 'lapsed' : 'pending'
      return grant.state === 'active' && (grant.endsAt ?? 0) <= now ? 'ended' : grant.state
    }
    const n = (grant: Grant) => grants.indexOf(grant)
    const open = (grant: Grant) => as(grant) === 'pending' || as(grant) === 'active'
    const sees = (grant: Grant, who: string, voted: readonly number[] = []) =>
      grant.asker.subject === who || grant.asker.actor === who || voted.includes(n(grant)) || open(grant)
    const has = (grant: Grant, part: number) => n(grant) % 4 === part

    const cases: readonly [Omit<GrantQuery, 'limit' | 'now'>, (grant: Grant) => boolean][] = [
      [{}, () => true],
      [{ subject: 'corp#s2' }, (g) => g.asker.subject === 'corp#s2'],
      [{ role: 'admin' }, (g) => g.ask.role === 'admin'],
      [{ account: '111122223333' }, (g) => g.ask.account === '111122223333'],
      [{ outcome: 'deny' }, (g) => g.decision.outcome === 'deny'],
      ...states.map((s): [Omit<GrantQuery, 'limit' | 'now'>, (g: Grant) => boolean] => [
        { states: [s] },
        (g) => as(g) === s,
      ]),
      [{ states: ['pending', 'active'] }, open],
      [
        { states: ['pending', 'lapsed', 'ended', 'ended'] },
        (g) => ['pending', 'lapsed', 'ended'].includes(as(g)),
      ],
      [{ states: [] }, () => false],
      [{ from: t0 + 5 * minute }, (g) => g.createdAt >= t0 + 5 * minute],
      [{ to: t0 + 5 * minute }, (g) => g.createdAt < t0 + 5 * minute],
      [{ from: t0 + 5 * minute, to: t0 + 6 * minute }, (g) => g.createdAt === t0 + 5 * minute],
      [{ accessKeyId: 'ASIATWO' }, (g) => n(g) === 2],
      [{ accessKeyId: 'ASIATWO', role: 'orders-debug' }, () => false],
      [{ accessKeyId: 'ASIANONE' }, () => false],
      [{ grant: idOf(8) }, (g) => n(g) === 8],
      [{ grant: idOf(8), subject: 'corp#s1' }, () => false],
      [{ grant: idOf(9), accessKeyId: 'ASIANINE', text: 'fix' }, (g) => n(g) === 9],
      [{ grant: 'none' }, () => false],
      [{ text: 'FIX' }, (g) => has(g, 0) || has(g, 1)],
      [{ text: 'backlog fix' }, (g) => has(g, 0)],
      [{ text: 'ops-12' }, (g) => has(g, 0)],
      [{ text: 'uber strasse' }, () => false],
      [{ text: 'uber naive' }, (g) => has(g, 2)],
      [{ text: '東京' }, (g) => has(g, 3)],
      [{ text: 'fix', subject: 'corp#s1', states: ['ended'] }, (g) => has(g, 1) && as(g) === 'ended'],
      [{ visibleTo: 'corp#s1' }, (g) => sees(g, 'corp#s1')],
      [{ visibleTo: 'corp#voter' }, (g) => sees(g, 'corp#voter', [3, 7, 30, 31])],
      [{ visibleTo: 'corp#nobody' }, open],
      [{ visibleTo: 'corp#s1', states: ['pending'] }, (g) => as(g) === 'pending'],
      [
        { visibleTo: 'corp#s1', states: ['denied', 'ended'] },
        (g) => sees(g, 'corp#s1') && ['denied', 'ended'].includes(as(g)),
      ],
      [
        { visibleTo: 'corp#s1', subject: 'corp#s2' },
        (g) => sees(g, 'corp#s1') && g.asker.subject === 'corp#s2',
      ],
      [
        { visibleTo: 'corp#voter', text: 'fix', outcome: 'deny' },
        (g) =>
          sees(g, 'corp#voter', [3, 7, 30, 31]) && (has(g, 0) || has(g, 1)) && g.decision.outcome === 'deny',
      ],
      [
        {
          role: 'admin',
          account: '123456789012',
          outcome: 'approve',
          states: ['active', 'ended'],
          from: t0 + minute,
        },
        (g) =>
          g.ask.role === 'admin' &&
          g.ask.account === '123456789012' &&
          g.decision.outcome === 'approve' &&
          ['active', 'ended'].includes(as(g)) &&
          g.createdAt >= t0 + minute,
      ],
    ]
    for (const [query, matches] of cases) {
      const expected = grants.filter(matches).reverse()
      t.same(await store.search({ ...query, limit: 500, now }), expected, JSON.stringify(query))
      const pages: Grant[] = []
      for (let before: string | undefined; ;) {
        const page = await store.search({
          ...query,
          ...(before === undefined ? {} : { before }),
          limit: 7,
          now,
        })
        pages.push(...page)
        before = page.at(-1)?.id
        if (before === undefined || pages.length > 200) break
      }
      t.same(
        pages.map((g) => g.id),
        expected.map((g) => g.id),
        `in pages: ${JSON.stringify(query)}`,
      )
    }
    t.same(await store.search({ before: 'no-such-grant', limit: 5, now }), [])

    const hostile = [
      '!!!',
      '"',
      '""',
      '',
      ' ',
      '\0',
      'fix\0"',
      'a" OR "b',
      'NEAR(',
      '*',
      'fix*',
      'reason:fix',
      '^fix',
      '(',
      'fix) OR (x',
      '- fix',
      '+',
      'NOT',
      'AND OR',
      '\ud800',
      '{reason}: fix',
      'x '.repeat(5_000),
      Array.from({ length: 2_000 }, (_, n) => `w${n}`).join(' '),
    ]
    for (const text of hostile) {
      const found = await store.search({ text, limit: 500, now })
      const harmless = ['fix\0"', 'fix*', '^fix', '- fix'].includes(text)
      t.equal(found.length, harmless ? 60 : 0, `found by ${JSON.stringify(text.slice(0, 20))}`)
    }
  })

  await t.test('the log: every filter, oldest first, paged without a gap or a repeat', async (t) => {
    const store = await fresh(t)
    const kinds = ['grant.pending', 'vote.cast', 'audit.read'] as const
    const events = Array.from({ length: 60 }, (_, n) =>
      eventOf({
        kind: kinds[n % 3] ?? 'audit.read',
        at: t0 + n,
        by: `corp#s${n % 4}`,
        ...(n % 2 ? {} : { grant: idOf(n % 6) }),
        request: `r${n}`,
        data: { n, text: '\ud800 "\u2028" 🚀' },
      }),
    )
    await store.commit({ events })
    const cases = [
      [{}, () => true],
      [{ kinds: ['vote.cast'] }, (n: number) => n % 3 === 1],
      [{ kinds: ['vote.cast', 'audit.read', 'vote.cast'] }, (n: number) => n % 3 !== 0],
      [{ kinds: [] }, () => false],
      [{ by: 'corp#s3' }, (n: number) => n % 4 === 3],
      [{ grant: idOf(4) }, (n: number) => n % 2 === 0 && n % 6 === 4],
      [{ from: t0 + 10, to: t0 + 20 }, (n: number) => n >= 10 && n < 20],
      [{ from: t0 + 10, by: 'corp#s0', kinds: ['grant.pending'] }, (n: number) => n >= 10 && n % 12 === 0],
    ] as const
    const whole = await all(store)
    for (const [query, matches] of cases) {
      const expected = whole.filter((_, n) => matches(n))
      t.same(await store.events({ ...query, limit: 500 }), expected, JSON.stringify(query))
      const pages = []
      for (let after = 0; ;) {
        const page = await store.events({ ...query, after, limit: 4 })
        pages.push(...page)
        const last = page.at(-1)
        if (last === undefined || pages.length > 100) break
        after = last.seq
      }
      t.same(pages, expected, `in pages: ${JSON.stringify(query)}`)
    }
    t.match(JSON.parse(whole[3]?.text ?? ''), { request: 'r3', data: events[3]?.data })
    await chained(t, store, 60)
  })

  await t.test('due: what the clock has overtaken, the longest overdue first', async (t) => {
    const store = await fresh(t)
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
}
