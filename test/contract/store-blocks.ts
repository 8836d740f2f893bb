import type { Test } from 'tap'
import type { Block } from '../../src/decision/block.js'
import type { Denial } from '../../src/grant/denial.js'
import type { Change, Store } from '../../src/grant/store.js'
import { conflict, creation, eventOf, fresh, grantOf, idOf, issuanceOf, minute, t0 } from './store-values.js'

const blockOf = (n: number, version: number, parts: Partial<Block> = {}): Block => ({
  id: idOf(n),
  version,
  of: 'subject',
  name: 'corp#ada',
  reason: 'half a pair \ud800 of left',
  by: 'corp#ola',
  at: t0,
  ...parts,
})
const lifted = { by: 'corp#ola', at: t0 + minute, reason: 'came back' }

/**
 * What a store promises of blocks: nothing decided under other ones is committed; of what AWS is to deny; and of how
 * many uses of broken glass wait for their review.
 */
export async function blocksContract(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('so many uses of one person wait for their review, and no more', async (t) => {
    const store = await fresh(t, open)
    const review = { reviewers: 'group leads' }
    const use = (n: number, subject = 'corp#ada') =>
      store.commit({
        ...creation(grantOf(idOf(n), { state: 'active', subject, createdAt: t0 + n, review })),
        unreviewed: { subject, most: 2 },
      })
    t.same(await store.reviews(), { open: 0 })
    t.match(await use(1), { ok: true })
    // In one batch: of three that race one, and nobody else's counts.
    const racing = await Promise.all([use(2), use(3), use(4), use(5, 'corp#bob')])
    t.same(
      racing.map(({ ok }) => ok),
      [true, false, false, true],
    )
    t.same(racing[1], conflict('unreviewed'))
    t.same(await store.reviews(), { open: 3, oldest: t0 + 1 })
    const [first] = await store.search({ grant: idOf(1), limit: 1, now: t0 })
    const signed = { ...review, signed: { by: 'corp#lea', at: t0, text: 'as it should be' } }
    const after = { ...first!, version: 2, review: signed }
    const expect = [{ grant: idOf(1), version: 1 }]
    t.match(await store.commit({ expect, grant: after, events: [eventOf()] }), { ok: true })
    t.same(await store.reviews(), { open: 2, oldest: t0 + 2 })
    t.match(await use(6), { ok: true })
    t.same(await use(7), conflict('unreviewed'))
  })

  await t.test('what was decided before a block came or went is not committed', async (t) => {
    const store = await fresh(t, open)
    const write = (block: Block, blocks = block.version - 1, more: Partial<Change> = {}) =>
      store.commit({ blocks, block, events: [eventOf()], ...more })
    t.same(await store.blocks(), { version: 0, standing: [] })

    const grant = grantOf(idOf(1), { state: 'active' })
    t.match(await store.commit({ ...creation(grant), blocks: 0 }), { ok: true })
    const one = blockOf(11, 1)
    t.match(await write(one), { ok: true })
    t.same(await store.blocks(), { version: 1, standing: [one] })
    t.same(await write(blockOf(12, 1)), conflict('blocks'), 'decided beside another')
    const issuance = { from: 'none', row: issuanceOf(idOf(2), grant.id) } as const
    const start = (blocks: number): Change => ({
      expect: [{ grant: grant.id, version: 1 }],
      issuance,
      blocks,
      events: [eventOf()],
    })
    const seq = (await store.head()).seq
    t.same(await store.commit(start(0)), conflict('blocks'))
    t.same((await store.snapshot(grant.id))?.issuances, [], 'nothing of it is written')
    t.equal((await store.head()).seq, seq)
    t.same(await store.commit({ ...creation(grantOf(idOf(3))), blocks: 2 }), conflict('blocks'))

    // In one batch: the block, what was decided before it, and what was decided after it.
    const all = blockOf(13, 2, { of: 'all', name: '' })
    const [placed, before, after] = await Promise.all([
      write(all),
      store.commit(start(1)),
      store.commit(start(2)),
    ])
    t.match(placed, { ok: true })
    t.same(before, conflict('blocks'))
    t.match(after, { ok: true })
    t.same(await store.blocks(), { version: 2, standing: [one, all] })

    const gone = { ...one, version: 3, lifted }
    t.match(await write(gone), { ok: true })
    t.same(await store.blocks(), { version: 3, standing: [all] })
    t.same(await store.searchBlocks({ limit: 5 }), [all, gone], 'lifted ones too, newest first')
    t.same(await store.searchBlocks({ limit: 1 }), [all])
    t.same(await store.searchBlocks({ before: all.id, limit: 5 }), [gone])
    t.same(await store.searchBlocks({ id: one.id, limit: 5 }), [gone])
    t.same(await store.searchBlocks({ id: idOf(99), limit: 5 }), [])
    await t.rejects(write({ ...one, version: 4 }), 'lifted once, and for good')
    await t.rejects(write(blockOf(14, 9), 3), { code: 'internal' })
    await t.rejects(store.commit({ block: blockOf(14, 4), events: [eventOf()] }).then(mustCommit))
    t.same((await store.blocks()).version, 3)
  })

  await t.test('what AWS is to deny on a role is changed from the version seen', async (t) => {
    const store = await fresh(t, open)
    const write = (...denials: Denial[]) => store.commit({ denials, events: [] })
    const denial = (name: string, version: number, dueAt?: number): Denial => ({
      arn: `arn:aws:iam::123456789012:role/${name}`,
      version,
      how: 'inline',
      entries: [{ whose: { grant: idOf(1) }, before: t0, until: t0 + minute }],
      ...(dueAt !== undefined && { dueAt }),
    })
    const [a, b] = [denial('a', 1, t0 + 2), denial('b', 1, t0 + 1)]
    t.match(await write(a, b), { ok: true })
    t.same(await write(a), conflict('denial'))
    t.same(await write(denial('c', 2)), conflict('denial'))
    t.same(await write(denial('c', 1), denial('a', 5)), conflict('denial'))
    t.same(await store.denials({ arns: [denial('c', 1).arn] }), [], 'all of it or nothing')
    t.same(await store.denials({ arns: [b.arn, a.arn] }), [a, b])
    t.same(await store.denials({ arns: [] }), [])
    t.same(await store.denials({ due: t0 + 1, limit: 5 }), [b])
    t.same(await store.denials({ due: t0 + 2, limit: 5 }), [b, a], 'the longest overdue first')
    t.same(await store.denials({ due: t0 + 2, limit: 1 }), [b])
    const racing = await Promise.all([write(denial('a', 2)), write(denial('a', 2, t0))])
    t.equal(racing.filter(({ ok }) => ok).length, 1, 'of two that race, one')
    t.match(await write(denial('a', 3)), { ok: true })
    t.same(await store.denials({ due: t0 + 9, limit: 5 }), [b], 'nobody has to look at it any more')
  })
}

/** A refusal as a rejection: which of the two it is, is the implementation's. */
function mustCommit({ ok }: { readonly ok: boolean }): void {
  if (!ok) throw new Error('refused')
}
