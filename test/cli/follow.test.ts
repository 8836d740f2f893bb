import '../support/loopback-only.js'
import { createHash } from 'node:crypto'
import t from 'tap'
import { table } from '../../src/cli/remote/table.js'
import { startOpenStint } from '../support/command-line.js'
import { typed, type Typed } from '../support/in-process.js'
import { account, table as arn, type Person, type Stint } from '../support/stint.js'

/** The commands that follow what was asked for, from the asker's, the approver's and the auditor's chair. */

const reason = 'an order is stuck in checkout'
const debug = { role: 'orders-debug', reason }
const repair = { role: 'orders-repair', reason: 'mend order 42', ticket: 'OPS-1' }

const chair =
  (stint: Stint) =>
  async (who: Person | 'job', line: string | readonly string[], how: Typed = {}) => {
    // No two requests at the same instant: ids then sort as they were made.
    stint.clock.advance(1)
    const args = typeof line === 'string' ? line.split(' ') : line
    const env = { STINT_URL: stint.url, STINT_TOKEN: stint.token(who) }
    return typed(args, env, how, { clock: stint.clock })
  }

const ask = async (stint: Stint, who: Person | 'job', body: object) =>
  String((await stint.ask(who, body, { from: '127.0.0.1' })).body['grant']?.['id'])

t.test('the asker: what there is, how long, more of it, and the end', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)

  t.match(await run('ana', 'time'), { code: 0, out: '', err: /Nothing of yours is active/ })
  t.match(await run('ana', 'status'), { code: 2, out: '', err: /You have no active or pending grant\./ })
  t.match(await run('ana', 'end'), { code: 2, err: /You have no active grant\./ })

  const one = await ask(stint, 'ana', { ...debug, actions: ['dynamodb:GetItem'], resources: [arn('orders')] })
  stint.clock.advance(20 * 60_000)
  const status = await run('ana', 'status')
  t.match(status, { code: 0, err: '' })
  for (const line of [
    `grant      ${one}`,
    'state      active',
    'asker      corp#ana',
    'may        dynamodb:GetItem',
    `  on       ${arn('orders')}`,
    `reason     ${reason}`,
    'regions    us-east-1, eu-west-1',
  ])
    t.ok(status.out.split('\n').includes(line), line)
  t.match(status.out, /^ends .* \(39m left\)$/m)
  t.match(JSON.parse((await run('ana', `status ${one.toLowerCase()} --json`)).out), {
    id: one,
    issuances: [{}],
  })

  const here = { env: { STINT_GRANT: one } }
  t.match(await run('ana', 'time', here), {
    code: 0,
    out: new RegExp(`39m .*orders-debug .*prod .*${one} \\*\n`),
  })
  t.match(JSON.parse((await run('ana', 'time --json')).out), { grants: [{ id: one, secondsLeft: Number }] })

  // More time is a new ask with the same scope, to the statement; the old grant is as it was.
  const before = (await stint.call('GET', `/v1/grants/${one}`, { as: 'ana' })).body
  const extended = await run('ana', 'extend orders-debug --for 2h')
  t.match(extended, { code: 0, err: /Granted until .*; .* goes on until / })
  const two = extended.out.trim()
  const after = (await stint.call('GET', `/v1/grants/${two}`, { as: 'ana' })).body
  t.match(after, { state: 'active', reason, scope: { window: '2h' } })
  t.strictSame(after['scope']!['statements'], before['scope']!['statements'])
  t.strictSame((await stint.call('GET', `/v1/grants/${one}`, { as: 'ana' })).body, before)

  t.match(await run('ana', 'end'), { code: 2, err: new RegExp(`more than one active grant.*${two}.*${one}`) })
  t.match(await run('ana', 'end', here), { code: 0, out: `${one} is ended: orders-debug in prod.\n` })
  const ended = await run('ana', ['end', 'orders-debug', '--reason', 'found it'])
  t.match(ended, {
    code: 0,
    out: `${two} is ended`,
    err: /Nothing fresh is issued\. .* what is out works until /,
  })
  t.match(await run('ana', `status ${two}`), { code: 6, out: /closed .* by corp#ana: found it/ })
  t.match(await run('ana', `end ${two}`), { code: 6, err: /^stint: / })
  t.match(await run('ana', `extend ${two}`), { code: 0 }, 'what is over can be had again, too')
  await run('ana', 'end')

  const whole = await ask(stint, 'ana', debug)
  t.match(await run('ana', 'extend'), { code: 0 }, 'the whole role')
  stint.rules = stint.rules.replace('dynamodb:GetItem, dynamodb:Query', 'dynamodb:GetItem')
  await stint.app.reload()
  t.match(await run('ana', `extend ${whole}`), {
    code: 3,
    out: '',
    err: /The same cannot be had again: .*Query/,
  })
  t.match(await run('ana', 'cancel'), { code: 2, err: /no pending grant/ })
  t.match(await run('ana', 'end nothing'), { code: 2, err: /no active grant of nothing/ })
  t.match(await run('ana', 'status 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D'), { code: 2, err: /no such grant/i })
})

t.test('several statements are only ever asked for again as they were', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const crossed = `ceiling:
      - actions: [dynamodb:GetItem]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders"]
      - actions: [dynamodb:Query]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/users"]`
  stint.rules = stint.rules.replace(/ceiling:\n.*GetItem, dynamodb:Query.*\n.*\n/, `${crossed}\n`)
  await stint.app.reload()
  const one = await ask(stint, 'ana', debug)
  t.match(await run('ana', `extend ${one}`), { code: 0 }, 'the whole role has both')
  // Now the role has more: asked for in one, both actions on both tables would come to more than there was.
  stint.rules = stint.rules.replaceAll('[dynamodb:GetItem]', '[dynamodb:GetItem, dynamodb:Query]')
  await stint.app.reload()
  const count = async () => [...(await stint.call('GET', '/v1/grants', { as: 'cy' })).body['grants']!].length
  const had = await count()
  t.match(await run('ana', `extend ${one}`), { code: 3, err: /cannot be said in one ask/ })
  t.equal(await count(), had, 'and nothing was asked for')
})

t.test('the approver: what waits, what exactly it is, and a vote', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const one = await ask(stint, 'ana', repair)
  t.match(await run('ana', 'status'), {
    code: 5,
    out: /needs {6}1 of group leads \(repair\)\n[^]*decide by .*left/,
  })
  t.match(await run('bo', 'list'), {
    code: 0,
    out: new RegExp(`${one} +pending +orders-repair +prod +corp#ana`),
  })

  const shown = new RegExp(`asker {6}corp#ana\n[^]*on {7}${arn('orders')}\n[^]*cost`)
  t.match(await run('bo', `approve ${one}`, { answer: false }), { code: 2, out: '', err: /Agree to this\?/ })
  t.match(await run('ana', 'status'), { code: 5 }, 'no yes, no vote')
  t.match(await run('ana', `approve ${one} --yes`), { code: 3, err: /Nobody approves their own ask/ })
  t.match(await run('bo', 'approve orders-repair'), { code: 2, err: /is no grant's id/ })
  const waiting = run('ana', 'status orders-repair --wait')
  t.match(await run('bo', `approve ${one}`, { answer: true }), {
    code: 0,
    out: `${one} is active: orders-repair for corp#ana.\n`,
    err: shown,
  })
  t.match(await waiting, { code: 0, out: /vote .*yes by corp#bo/ })

  const two = await ask(stint, 'ana', repair)
  t.match(await run('dan', ['deny', two, '--reason', 'use the replica']), { code: 0, out: /is denied/ })
  t.match(await run('ana', `status ${two}`), { code: 3, out: /no by corp#dan: use the replica/ })
  const three = await ask(stint, 'ana', repair)
  const voted = await run('dan', `vote ${three} --answer yes --json`)
  t.match(JSON.parse(voted.out), {
    id: three,
    state: 'active',
    votes: [{ voter: 'corp#dan', answer: 'yes' }],
  })
  t.match(await run('dan', `vote ${three}`), { code: 2, err: /--answer/ })

  const four = await ask(stint, 'ana', repair)
  t.match(await run('ana', `extend ${three}`), { code: 5, err: /Waits for 1 of group leads/ })
  t.match(await run('ana', `cancel ${four}`), { code: 0, out: /is cancelled/ })
  t.match(await run('bo', `revoke ${three}`), { code: 2, err: /--reason/ })
  t.match(await run('bo', ['revoke', three, '--reason', 'the laptop was lost']), {
    code: 0,
    out: /is revoked/,
  })
  t.match(await run('eve', ['revoke', one, '--reason', 'x']), { code: 2, err: /no such grant/i })
})

t.test('the auditor: searches, the record, as a table, CSV, JSON and to the byte', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const ids: string[] = []
  for (const what of ['first', 'second', 'third'])
    ids.push(await ask(stint, 'ana', { ...debug, reason: `the ${what} order` }))
  await ask(stint, 'ben', { ...debug, resources: [arn('payroll')] })
  await ask(stint, 'job', { ...debug, reason: 'a run of the pipeline' })

  const history = async (more: string, who: Person = 'cy') => {
    const { code, out } = await run(who, `history --json ${more}`.trim())
    t.equal(code, 0, more)
    return JSON.parse(out) as { grants: { id: string; state: string; role: string }[]; next?: string }
  }
  t.equal((await history('')).grants.length, 5)
  t.equal((await history('--mine', 'ben')).grants.length, 1)
  t.match((await history('--state denied')).grants, [{ state: 'denied' }])
  t.equal((await history('--state denied active')).grants.length, 5)
  t.equal((await history('--subject corp#ana')).grants.length, 4, 'a run of hers included')
  t.equal((await history('--text second')).grants[0]?.id, ids[1])
  t.equal((await history('--outcome deny --role orders-debug')).grants.length, 1)
  t.equal((await history('--from 1h')).grants.length, 5)
  t.equal((await history('--to 1h')).grants.length, 0)
  const key = String(stint.sts.sessions[0]?.accessKeyId)
  t.equal((await history(`--access-key ${key}`)).grants[0]?.id, ids[0])
  const first = await history('--limit 2')
  t.match([first.grants.length, first.next], [2, String])
  t.equal((await history('--limit 2 --all')).grants.length, 5)
  t.match(await run('cy', 'history --limit 2'), { err: /--all has every page/ })
  const csv = (await run('cy', 'history --csv --limit 2 --all')).out.trimEnd().split('\n')
  t.equal(csv.length, 6, 'one heading')
  t.equal(
    csv[0],
    (await stint.call('GET', '/v1/grants', { as: 'cy', headers: { accept: 'text/csv' } })).text.split(
      /\r?\n/,
    )[0],
  )
  t.match(await run('cy', 'history --from yesterday'), { code: 2, err: /yesterday is no time/ })
  t.match(await run('cy', 'history --state gone'), { code: 2, err: /Allowed choices/ })
  t.match(await run('cy', 'history --limit 5000'), { code: 2, err: /limit/ })
  t.match(await run('cy', 'list --state lapsed'), { code: 0, out: '', err: /There is nothing/ })

  t.match(await run('ana', 'audit'), { code: 3, out: '', err: /^stint: / })
  const table = await run('cy', `audit --grant ${ids[0]}`)
  t.match(table.out, /^SEQ +AT +KIND +BY +GRANT\n.*grant\.active +corp#ana[^]*issuance\.done/)
  t.match(JSON.parse((await run('cy', 'audit --json --kind grant.denied')).out), {
    events: [{ kind: 'grant.denied', by: 'corp#ben' }],
  })
  t.match((await run('cy', 'audit --csv --limit 3 --all')).out, /^"seq","at"/)

  const bytes = (await run('cy', 'audit --ndjson --all --limit 7')).out.trimEnd().split('\n')
  let before = createHash('sha256').update('').digest('hex')
  for (const line of bytes) {
    t.equal((JSON.parse(line) as { prev: string }).prev, before)
    before = createHash('sha256').update('\0').update(line).digest('hex')
  }
  t.ok(bytes.length > 10)
})

t.test('roles, with limits, approval and what each could cost', async (t) => {
  const stint = await startOpenStint(t)
  const run = chair(stint)
  const roles = await run('ana', 'roles')
  t.match(roles.out, /^ROLE +ACCOUNT +WINDOW +APPROVAL +TICKET +FROM +WHAT FOR\n/)
  t.match(roles.out, /orders-debug +123456789012 \(prod\) +1h, at most 4h +none +any\n/)
  t.match(roles.out, /orders-repair .* repair +OPS-\* +any\n/)
  t.match((await run('ana', 'roles --cost')).out, /orders-debug .*Could cost up to \$/)
  t.match(JSON.parse((await run('ana', 'roles --json --cost')).out), {
    roles: [{ name: 'orders-debug', accounts: [{ id: account, cost: /^Could cost/ }] }, {}],
  })
  t.match(await run('eve', 'roles'), { code: 0, out: '', err: /no role that you may ask for/ })
})

t.test('a table fits the terminal, whatever is in it', async (t) => {
  const rows = [
    { id: 'one', words: 'short' },
    { id: 'two', words: '注文が止まっている'.repeat(4) },
    { id: 'three', words: 'a\u001b[31m\u202ered\u0301 one' },
  ]
  const columns = [
    { name: 'ID', of: ({ id }: (typeof rows)[0]) => id },
    { name: 'WORDS', of: ({ words }: (typeof rows)[0]) => words, yields: true as const },
  ]
  const width = (line: string) =>
    [...line].reduce(
      (sum, char) =>
        sum + (/\p{M}/u.test(char) ? 0 : /\p{Script=Han}|\p{Script=Hiragana}/u.test(char) ? 2 : 1),
      0,
    )
  for (const columnsOf of [20, 30, 40, 60]) {
    const lines = table(rows, columns, columnsOf)
    t.ok(
      lines.every((line) => width(line) <= columnsOf),
      `${columnsOf} cells`,
    )
    t.match(lines[2], /^two    注.*…$/)
  }
  t.notMatch(
    table(rows, columns).join('\n'),
    /[\u001b\u202e]|…/,
    'a pipe gets all of it, and nothing that a terminal obeys',
  )
  t.strictSame(table([{ id: 'x', words: '' }], columns, 2), ['ID  WORDS', 'x'], 'narrower than it can be')

  const stint = await startOpenStint(t)
  const run = chair(stint)
  await ask(stint, 'ana', { ...debug, reason: 'a very long story of an order '.repeat(9).trim() })
  const { out } = await run('ana', 'list', { columns: 100 })
  for (const line of out.trimEnd().split('\n')) t.ok(line.length <= 100)
  t.match(out, /…$/m)
})
