import type { Test } from 'tap'
import type { Person, SlackUser } from '../../src/grant/people.js'
import type { Store } from '../../src/grant/store.js'
import { conflict, eventOf, fresh, t0 } from './store-values.js'

const personOf = (subject: string, at: number, groups: readonly string[], slack?: string): Person => ({
  identity: { subject, issuer: 'https://login.example.com', kind: 'person', groups, claims: {} },
  at,
  ...(slack !== undefined && { slack }),
})

/** What a store promises of people: the newest token's word, and one user of Slack for one person. */
export async function peopleContract(t: Test, open: () => Promise<Store>): Promise<void> {
  await t.test('of each person, what the newest token says', async (t) => {
    const store = await fresh(t, open)
    const write = (person: Person) => store.commit({ person, events: [] })
    t.same(await store.persons({ subject: 'corp#ada' }), [])
    const newer = personOf('corp#ada', t0 + 1, ['leads'], 'U1')
    // The older one comes last, as from another replica, and in one batch with it.
    await Promise.all([write(newer), write(personOf('corp#ada', t0, ['none'], 'U2'))])
    await write(personOf('corp#ada', t0 - 1, ['none'], 'U2'))
    t.same(await store.persons({ subject: 'corp#ada' }), [newer])
    t.same(await store.persons({ slack: 'U2' }), [])
    const bob = personOf('corp#bob', t0, [], 'U1')
    await write(bob)
    t.same(await store.persons({ slack: 'U1' }), [newer, bob], 'both, for the caller to refuse')
    const same = personOf('corp#ada', t0 + 1, [])
    await write(same)
    t.same(await store.persons({ subject: 'corp#ada' }), [same], 'of one second, the one seen last')
    t.same(await store.persons({ slack: 'U1' }), [bob])
    t.same(
      await store.persons({ since: t0 - 1, limit: 9 }),
      [same, bob],
      'whoever was seen since, the newest first',
    )
    t.same(await store.persons({ since: t0 + 1, limit: 9 }), [same])
    t.same(await store.persons({ since: 0, limit: 1 }), [same])
    t.same(await store.persons({ subject: "corp#ada' OR 1=1" }), [])
    t.equal((await store.head()).seq, 0)
  })

  await t.test(
    'a user of Slack is one person, a person one user, and each change follows the last',
    async (t) => {
      const store = await fresh(t, open)
      const write = (slackUser: SlackUser) => store.commit({ slackUser, events: [eventOf()] })
      const code = { hash: 'ab'.repeat(32), until: t0 }
      const u1: SlackUser = { id: 'T1/U1', version: 1, name: 'ada', code }
      t.match(await write(u1), { ok: true })
      t.same(await write(u1), conflict('slack'), 'there is one already')
      t.same(await write({ id: 'T1/U9', version: 2, name: 'ada' }), conflict('slack'), 'there is none yet')
      t.same(await store.slackUser({ code: code.hash }), u1)
      t.same(await store.slackUser({ id: 'T1/U1' }), u1)
      const bound: SlackUser = { id: 'T1/U1', version: 2, name: 'ada', subject: 'corp#ada' }
      const racing = await Promise.all([write(bound), write({ ...bound, subject: 'corp#bob' })])
      t.same(
        racing.filter(({ ok }) => !ok),
        [conflict('slack')],
        'of two that bind at once, one',
      )
      t.same(await store.slackUser({ subject: 'corp#ada' }), bound)
      t.equal(await store.slackUser({ code: code.hash }), undefined, 'the code is used up')
      const other = await Promise.all([
        write({ id: 'T1/U2', version: 1, name: 'bob', subject: 'corp#bob' }),
        write({ id: 'T1/U3', version: 1, name: 'bob', subject: 'corp#bob' }),
      ])
      t.same(
        other.filter(({ ok }) => !ok),
        [conflict('slack')],
      )
      t.same(
        await write({ id: 'T1/U4', version: 1, name: 'bob', subject: 'corp#ada' }),
        conflict('slack'),
        'has another',
      )
      t.match(await write({ id: 'T1/U1', version: 3, name: 'ada' }), { ok: true }, 'let go')
      t.match(await write({ id: 'T1/U4', version: 1, name: 'bob', subject: 'corp#ada' }), { ok: true })
      t.equal((await store.slackUser({ subject: 'corp#ada' }))?.id, 'T1/U4')
      t.equal((await store.head()).seq, 5, 'a conflict leaves no event')
    },
  )
}
