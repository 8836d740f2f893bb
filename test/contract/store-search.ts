import type { Test } from 'tap'
import type { Grant } from '../../src/grant/grant.js'
import type { GrantQuery, Store } from '../../src/grant/store.js'
import { chained, creation, eventOf, fresh, grantOf, idOf, issuanceOf } from './store-values.js'
import { logOf, minute, t0, voteOf } from './store-values.js'

/** What every implementation promises of its searches; part of `storeContract`. */
export async function searchContract(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('search: every filter, alone and with others, paged without a gap or a repeat', async (t) => {
    const store = await fresh(t, open)
    const states = ['denied', 'pending', 'active', 'lapsed', 'cancelled', 'revoked', 'ended'] as const
    const reasons = [
      'Fix the OPS-12 backlog',
      'fix; DROP TABLE "grants" --',
      'Über Straße, naïve',
      '東京 deploy 🚀',
    ]
    const tickets = [null, 'OPS-1', 'OPS-2']
    const costs = [0, 0.29, 9.99, 10, 1_234.5, Infinity]
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
        ticket: tickets[n % 3] ?? null,
        config: n < 70 ? 'aaaa' : 'bbbb',
        ...(n % 10 === 4 && { review: { reviewers: 'leads' } }),
        ...(n % 10 === 7 && {
          review: { reviewers: 'leads', signed: { by: 'corp#lea', at: t0, text: 'as it should be' } },
        }),
        ...(n % 8 < 6 && { usd: costs[n % 6] ?? 0 }),
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
    const isOpen = (grant: Grant) => as(grant) === 'pending' || as(grant) === 'active'
    const owns = ({ asker }: Grant, who: string) => asker.subject === who || asker.actor === who
    const waits = (grant: Grant) => n(grant) % 10 === 4
    const sees = (grant: Grant, who: string, voted: readonly number[] = []) =>
      owns(grant, who) || voted.includes(n(grant)) || isOpen(grant) || waits(grant)
    const has = (grant: Grant, part: number) => n(grant) % 4 === part

    const cases: readonly [Omit<GrantQuery, 'limit' | 'now'>, (grant: Grant) => boolean][] = [
      [{}, () => true],
      [{ subject: 'corp#s2' }, (g) => owns(g, 'corp#s2')],
      [{ role: 'admin' }, (g) => g.ask.role === 'admin'],
      [{ account: '111122223333' }, (g) => g.ask.account === '111122223333'],
      [{ outcome: 'deny' }, (g) => g.decision.outcome === 'deny'],
      ...states.map((s): [Omit<GrantQuery, 'limit' | 'now'>, (g: Grant) => boolean] => [
        { states: [s] },
        (g) => as(g) === s,
      ]),
      [{ states: ['pending', 'active'] }, isOpen],
      [
        { states: ['pending', 'lapsed', 'ended', 'ended'] },
        (g) => ['pending', 'lapsed', 'ended'].includes(as(g)),
      ],
      [{ states: [] }, () => false],
      [{ states: ["odd' OR 1 --" as 'ended'] }, () => false],
      [{ from: t0 + 5 * minute }, (g) => g.createdAt >= t0 + 5 * minute],
      [{ to: t0 + 5 * minute }, (g) => g.createdAt < t0 + 5 * minute],
      [{ from: t0 + 5 * minute, to: t0 + 6 * minute }, (g) => g.createdAt === t0 + 5 * minute],
      [{ accessKeyId: 'ASIATWO' }, (g) => n(g) === 2],
      [{ accessKeyId: 'ASIATWO', role: 'orders-debug' }, () => false],
      [{ accessKeyId: 'ASIANONE' }, () => false],
      [{ ticket: 'OPS-2' }, (g) => n(g) % 3 === 2],
      [{ ticketed: false }, (g) => n(g) % 3 === 0],
      [{ ticketed: true, role: 'admin' }, (g) => n(g) % 3 !== 0 && g.ask.role === 'admin'],
      [{ ticketed: false, ticket: 'OPS-1' }, () => false],
      [{ review: 'open' }, waits],
      [{ review: 'signed' }, (g) => n(g) % 10 === 7],
      [{ review: 'open', subject: 'corp#s2' }, (g) => waits(g) && owns(g, 'corp#s2')],
      [
        { review: 'open', role: 'admin', from: t0 + 5 * minute },
        (g) => waits(g) && g.ask.role === 'admin' && g.createdAt >= t0 + 5 * minute,
      ],
      [{ config: 'aaaa' }, (g) => n(g) < 70],
      [{ config: 'bbbb', ticketed: false }, (g) => n(g) >= 70 && n(g) % 3 === 0],
      ...[0, 0.28, 0.29, 9.98, 9.99, 10, 500, 1_234.49, 1_234.5, 1e9].map(
        (usd): [Omit<GrantQuery, 'limit' | 'now'>, (g: Grant) => boolean] => [
          { costOver: usd },
          (g) => n(g) % 8 < 6 && (costs[n(g) % 6] ?? 0) > usd,
        ],
      ),
      [{ costOver: 5, subject: 'corp#s2' }, (g) => owns(g, 'corp#s2') && n(g) % 8 < 6 && n(g) % 6 > 1],
      [
        { activeFrom: t0 + 20 * minute },
        (g) => g.activeAt !== undefined && (g.endsAt ?? 0) > t0 + 20 * minute,
      ],
      [
        { activeFrom: t0 + 17 * minute, activeTo: t0 + 20 * minute },
        (g) => (g.activeAt ?? Infinity) < t0 + 20 * minute && (g.endsAt ?? 0) > t0 + 17 * minute,
      ],
      [
        { activeTo: t0 + 9 * minute, from: t0 + 4 * minute, role: 'admin' },
        (g) =>
          g.ask.role === 'admin' &&
          (g.activeAt ?? Infinity) < t0 + 9 * minute &&
          g.createdAt >= t0 + 4 * minute,
      ],
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
      [
        { text: 'fix', subject: 'corp#s1', states: ['ended'] },
        (g) => owns(g, 'corp#s1') && (has(g, 0) || has(g, 1)) && as(g) === 'ended',
      ],
      [{ visibleTo: { subject: 'corp#s1', open: true } }, (g) => sees(g, 'corp#s1')],
      [{ visibleTo: { subject: 'corp#voter', open: true } }, (g) => sees(g, 'corp#voter', [3, 7, 30, 31])],
      [{ visibleTo: { subject: 'corp#nobody', open: true } }, (g) => isOpen(g) || waits(g)],
      [{ visibleTo: { subject: 'corp#nobody', open: false } }, () => false],
      [{ visibleTo: { subject: 'corp#s2', open: false } }, (g) => owns(g, 'corp#s2')],
      [{ visibleTo: { subject: 'corp#s1', open: true }, states: ['pending'] }, (g) => as(g) === 'pending'],
      [
        { visibleTo: { subject: 'corp#s1', open: true }, states: ['denied', 'ended'] },
        (g) => sees(g, 'corp#s1') && ['denied', 'ended'].includes(as(g)),
      ],
      [
        { visibleTo: { subject: 'corp#s1', open: true }, subject: 'corp#s2' },
        (g) => sees(g, 'corp#s1') && owns(g, 'corp#s2'),
      ],
      [
        { visibleTo: { subject: 'corp#voter', open: true }, text: 'fix', outcome: 'deny' },
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
      'x"OR"fix',
      'x")OR("fix',
      'fix"NOT"x',
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

  await t.test('search: words that very many reasons hold', async (t) => {
    const store = await fresh(t, open)
    const grants = Array.from({ length: 1_200 }, (_, n) =>
      grantOf(idOf(n), {
        createdAt: t0 + n,
        state: 'denied',
        subject: `corp#s${n % 3}`,
        reason: n % 100 === 7 ? 'nothing of the kind' : `common thing${n % 100 === 9 ? ' rarely' : ''}`,
      }),
    )
    await Promise.all(grants.map((grant) => store.commit(creation(grant))))
    const common = grants.filter((_, n) => n % 100 !== 7).reverse()
    const search = (query: Omit<GrantQuery, 'now'>) => store.search({ ...query, now: t0 })
    t.same(await search({ text: 'common', limit: 9 }), common.slice(0, 9))
    const before = common[8]?.id ?? ''
    t.same(await search({ text: 'thing common', limit: 2_000, before }), common.slice(9))
    const theirs = common.filter((grant) => grant.asker.subject === 'corp#s2')
    t.same(await search({ text: 'common', subject: 'corp#s2', limit: 2_000 }), theirs)
    t.equal((await search({ text: 'common rarely', limit: 2_000 })).length, 12)
    t.equal((await search({ text: 'common', outcome: 'deny', limit: 2_000 })).length, 0)
  })

  await t.test('the log: every filter, oldest first, paged without a gap or a repeat', async (t) => {
    const store = await fresh(t, open)
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
    const failed = (...checks: readonly string[]) => checks.map((check) => ({ check, ok: check === 'who' }))
    const refused = [
      { kind: 'request.refused', data: { code: 'forbidden', why: 'own_ask' } },
      { kind: 'grant.denied', data: { decision: { checks: failed('who', 'ticket', 'reason') } } },
      { kind: 'grant.denied', data: { reason: '\ud800 no' } },
      { kind: 'request.refused', data: { code: 'denied', checks: failed('ticket', 'who') } },
      { kind: 'request.refused', data: { code: 'forbidden' } },
    ] as const
    await store.commit({ events: refused.map((parts) => eventOf({ at: t0 + 60, ...parts })) })
    const cases = [
      [{}, () => true],
      [{ kinds: ['vote.cast'] }, (n: number) => n < 60 && n % 3 === 1],
      [{ kinds: ['vote.cast', 'audit.read', 'vote.cast'] }, (n: number) => n < 60 && n % 3 !== 0],
      [{ kinds: [] }, () => false],
      [{ refusal: 'own_ask' }, (n: number) => n === 60],
      [{ refusal: 'forbidden' }, (n: number) => n === 60 || n === 64],
      [{ refusal: 'ticket' }, (n: number) => n === 61 || n === 63],
      [{ refusal: 'ticket', kinds: ['request.refused', 'vote.cast'] }, (n: number) => n === 63],
      [{ refusal: 'denied' }, (n: number) => n > 60 && n < 64],
      [{ refusal: 'vote' }, (n: number) => n === 62],
      [{ refusal: 'who' }, () => false],
      [{ refusal: 'ticket', from: t0 + 61 }, () => false],
      [{ by: 'corp#s3' }, (n: number) => n < 60 && n % 4 === 3],
      [{ grant: idOf(4) }, (n: number) => n < 60 && n % 2 === 0 && n % 6 === 4],
      [{ from: t0 + 10, to: t0 + 20 }, (n: number) => n >= 10 && n < 20],
      [
        { from: t0 + 10, by: 'corp#s0', kinds: ['grant.pending'] },
        (n: number) => n < 60 && n >= 10 && n % 12 === 0,
      ],
    ] as const
    const whole = await logOf(store)
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
    await chained(t, store, 65)
  })
}
