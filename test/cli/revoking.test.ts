import '../support/loopback-only.js'
import t from 'tap'
import { startOpenStint } from '../support/command-line.js'
import { typed } from '../support/in-process.js'
import type { Person, Stint } from '../support/stint.js'

/** Revoking by the command line, from the operator's chair. */

const chair = (stint: Stint) => async (who: Person, args: readonly string[]) => {
  stint.clock.advance(1)
  return typed(args, { STINT_URL: stint.url, STINT_TOKEN: stint.token(who) }, {}, { clock: stint.clock })
}
const why = ['--reason', 'a laptop was stolen']

t.test('a person, a role, an account, everything: revoked, listed and lifted', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const ask = { role: 'orders-debug', reason: 'an order is stuck in checkout' }
  const asked = await stint.ask('ana', ask, { from: '127.0.0.1' })
  const grant = String(asked.body['grant']?.['id'])

  t.match(await run('ola', ['revocations']), { code: 0, out: '', err: /Nothing was ever revoked/ })
  const person = await run('ola', ['revoke', '--subject', 'corp#ana', ...why])
  t.match(person, {
    code: 0,
    out: new RegExp(
      `Nothing is granted to corp#ana any more: revocation [0-9A-Z]{26}\\.\nClosed: ${grant}\\.`,
    ),
    err: /role\/stint-orders-debug: .*Nothing is denied in AWS: what is out works until .*stint lift/s,
  })
  const [, id = ''] = /revocation ([0-9A-Z]{26})/.exec(person.out) ?? []
  for (const [args, told] of [
    [['revoke', '--role', 'orders-debug'], /role orders-debug/],
    [['revoke', '--account', '123456789012'], /account 123456789012/],
    [['freeze'], /^Nothing is granted any more: revocation/],
  ] as const)
    t.match(await run('ola', [...args, ...why]), { code: 0, out: told })
  const list = await run('cy', ['revocations'])
  t.match(list.out.split('\n'), [
    /^ID .*LIFTED +REASON/,
    /everything .*stands/,
    /account/,
    /role/,
    new RegExp(id),
  ])

  t.match(await run('ola', ['lift', id.toLowerCase(), ...why]), { code: 0, out: /^Lifted: .*corp#ana again/ })
  t.match(await run('ola', ['lift', id, ...why]), { code: 6, err: /lifted already, by corp#ola/ })
  const standing = JSON.parse((await run('cy', ['revocations', '--standing', '--json'])).out) as unknown[]
  t.equal(standing.length, 3)
})

t.test('one thing at a time, by whom may, and with a reason', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const one = /Say what to revoke: a grant, or one of/
  t.match(await run('ola', ['revoke', ...why]), { code: 2, err: one })
  t.match(await run('ola', ['revoke', '--all', '--role', 'orders-debug', ...why]), { code: 2, err: one })
  t.match(await run('ola', ['revoke', '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D', '--all', ...why]), { code: 2, err: one })
  t.match(await run('ola', ['freeze']), { code: 2, err: /--reason/ })
  t.match(await run('ola', ['revoke', '--role', 'orders-debugg', ...why]), { code: 2, err: /no role named/ })
  t.match(await run('ana', ['freeze', ...why]), { code: 3, err: /Only operators/ })
  t.match(await run('ola', ['lift', 'it', ...why]), { code: 2, err: /no revocation's id/ })
  t.match(await run('eve', ['revocations']), { code: 3, err: /auditors and operators/ })
})

t.test('broken glass: asked for by the word, seen by reviewers, signed off with a text', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  stint.rules = stint.rules.replace(
    'ticket: OPS-*',
    'ticket: OPS-*\n    breakGlass: { who: { groups: [engineers] }, window: 30m, reviewers: { groups: [leads] } }',
  )
  await stint.app.reload()
  const reason = ['--ticket', 'OPS-1', '--reason', 'checkout is down and nobody of the leads answers']
  const tried = await run('ana', ['try', 'orders-repair', '--break-glass', ...reason])
  t.match(tried, {
    code: 0,
    err: /Allowed, with broken glass\..*Passed over is repair: 1 vote by group leads/s,
  })
  const asked = await run('ana', ['ask', 'orders-repair', '--break-glass', ...reason])
  t.match(asked, { code: 0, out: /^[0-9A-Z]{26}\n/ })
  const id = asked.out.trim()
  t.match(await run('ana', ['end', id]), { code: 0 })
  t.match(await run('bo', ['history', '--review', 'open']), { code: 0, out: new RegExp(`^GRANT.*\n${id} `) })
  t.match(await run('bo', ['review', id]), { code: 0, out: /review +open, for group leads: stint review/ })
  t.match(await run('ana', ['review', id, '--text', 'fine']), { code: 3, err: /Nobody signs off/ })
  t.match(await run('bo', ['review', 'it', '--text', 'x']), { code: 2, err: /no grant's id/ })
  const signed = await run('bo', ['review', id, '--text', 'one order, by hand'])
  t.match(signed, { code: 0, out: `${id} is signed off: orders-repair for corp#ana.\n` })
  t.match(await run('cy', ['status', id]), { out: /review +signed off by corp#bo at .*: one order, by hand/ })
})
