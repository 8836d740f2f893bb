import type { Test } from 'tap'
import { createHash } from 'node:crypto'
import { growth, rootsOf, width } from '../../src/audit/tiles.js'
import { rootOf } from '../../src/audit/tree.js'
import type { Kept } from '../../src/grant/seal.js'
import type { Store } from '../../src/grant/store.js'
import { eventOf } from './store-values.js'

const kept = (size: number, note = `note of ${size}\n`): Kept => ({ size, at: 1_000 + size, note })

/** What a store promises of the tree over its events, and of what is signed of it: neither ever goes back. */
export async function sealContract(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('checkpoints only ascend, over events that there are', async (t) => {
    const store = await open()
    t.teardown(() => store.close())
    const sign = (checkpoint: Kept) => store.commit({ seal: { checkpoint }, events: [] })
    const refused = { ok: false, conflict: 'checkpoint' } as const
    t.equal(await store.checkpoint(), undefined)
    t.same(await sign(kept(1)), refused, 'of more events than there are')
    const both = await store.commit({ seal: { checkpoint: kept(2) }, events: [eventOf(), eventOf()] })
    t.match(both, { ok: true, head: { seq: 2 } })
    await store.commit({ events: [eventOf(), eventOf()] })
    t.same(await sign(kept(2, 'another')), refused)
    t.same(await sign(kept(1)), refused, 'nor one that was passed over')
    t.same(await sign(kept(5)), refused)
    const raced = await Promise.all([sign(kept(4, 'a')), sign(kept(4, 'b')), sign(kept(3))])
    t.equal(raced.filter(({ ok }) => ok).length, 1, 'of one size one alone')
    t.same(await store.checkpoint(2), kept(2))
    t.equal(await store.checkpoint(3), undefined)
    t.match(await store.checkpoint(), { size: 4, note: 'a' })
    t.match(await store.checkpoints(0, 10), [{ size: 2 }, { size: 4 }])
    t.match(await store.checkpoints(2, 10), [{ size: 4 }])
    t.equal((await store.checkpoints(0, 1)).length, 1)
    const spoilt = await store.commit({ seal: { checkpoint: kept(4) }, events: [eventOf()] })
    t.same(spoilt, refused)
    t.equal((await store.head()).seq, 4, 'and nothing of such a change is written')
  })

  await t.test('the tree is what the leaves say, and grows once', async (t) => {
    const store = await open()
    t.teardown(() => store.close())
    const size = 3 * width + 5
    await store.commit({ events: Array.from({ length: size }, () => eventOf()) })
    const leaves = await store.hashes(0, 0, size)
    t.equal(leaves.length, size)
    t.same(await store.hashes(0, 10, 12), leaves.slice(10, 12))
    t.equal(await store.grown(), 0)
    const { nodes, grown } = await growth(0, size, store.hashes)
    t.equal(grown, 3 * width)
    t.match(await store.commit({ seal: { nodes: nodes.slice(0, 2) }, events: [] }), { ok: true })
    t.equal(await store.grown(), 2 * width)
    const bent = nodes.map((node) => ({
      ...node,
      hash: createHash('sha256').update(node.hash).digest('hex'),
    }))
    await store.commit({ seal: { nodes }, events: [] })
    await store.commit({ seal: { nodes: bent }, events: [] })
    t.same(
      await store.hashes(1, 0, 9),
      nodes.map(({ hash }) => hash),
      'what is there stays',
    )
    t.same(await store.hashes(1, 1, 2), [nodes[1]?.hash])
    t.same(await store.hashes(2, 0, 9), [])
    const root = await rootsOf(size, store.hashes)(0, size)
    t.ok(root.equals(rootOf(leaves.map((leaf) => Buffer.from(leaf, 'hex')))))
  })

  await t.test(
    'events go as far as was said and signed, their leaves stay, and the chain goes on',
    async (t) => {
      const store = await open()
      t.teardown(() => store.close())
      const size = width + 40
      const refusal = { kind: 'request.refused' as const, data: { code: 'forbidden' } }
      await store.commit({
        events: Array.from({ length: size }, (_, n) => eventOf(n % 3 === 0 ? refusal : {})),
      })
      const { nodes } = await growth(0, size, store.hashes)
      await store.commit({ seal: { nodes }, events: [] })
      const leaves = await store.hashes(0, 0, size)
      const root = await rootsOf(size, store.hashes)(0, size)
      const drop = (value: number) =>
        store.commit({ seal: { position: { name: 'dropped', value } }, events: [] })
      t.equal(await store.prune(10), 0, 'nothing was said')
      t.equal(await store.dropped(), 0)
      await drop(30)
      await t.rejects(store.prune(10), 'nothing was signed')
      await store.commit({ seal: { checkpoint: kept(width) }, events: [] })
      t.equal(await store.prune(20), 20)
      t.equal(await store.dropped(), 20)
      t.same(await Promise.all([store.prune(7), store.prune(7)]), [7, 3], 'two at once')
      t.equal(await store.prune(10), 0)
      t.equal(await store.dropped(), 30)
      t.equal((await store.events({ limit: 1 }))[0]?.seq, 31)
      t.same(
        (await store.events({ refusal: 'forbidden', limit: 2 })).map(({ seq }) => seq),
        [31, 34],
      )
      t.same(await store.hashes(0, 0, size), leaves)
      t.same(await store.hashes(0, 28, 32), leaves.slice(28, 32))
      t.ok((await rootsOf(size, store.hashes)(0, size)).equals(root))
      t.match(await store.commit({ events: [eventOf()] }), { ok: true, head: { seq: size + 1 } })
      await drop(size + 1)
      await t.rejects(store.prune(1_000), 'not what no checkpoint is of')
      await store.commit({ seal: { checkpoint: kept(size + 1) }, events: [] })
      await t.rejects(store.prune(1_000), 'and never the last')
      await drop(size)
      t.equal((await store.head()).seq, size + 1)
    },
  )

  await t.test('positions never go back', async (t) => {
    const store = await open()
    t.teardown(() => store.close())
    t.equal(await store.position('feed'), 0)
    const move = (name: string, value: number) =>
      store.commit({ seal: { position: { name, value } }, events: [] })
    await move('feed', 7)
    await move('feed', 3)
    await move('other', 1)
    t.equal(await store.position('feed'), 7)
    await move('feed', 8)
    t.equal(await store.position('feed'), 8)
    t.equal(await store.position('other'), 1)
  })
}
