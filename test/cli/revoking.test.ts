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
