import '../support/loopback-only.js'
import t from 'tap'
import { typed } from '../support/in-process.js'
import { asForm, commandForm, post, until } from '../support/slack-clicks.js'
import { slackRules, startSlackStint, viewText, type SlackStint } from '../support/slack-stint.js'
import { account } from '../support/stint.js'
import type { Person } from '../support/stint.js'

const ask = async (stint: SlackStint) => {
  const body = { role: 'orders-repair', reason: 'an order is stuck', ticket: 'OPS-1' }
  return (await stint.ask('ana', body)).body['grant']!['id'] as string
}
/** Through the load balancer. */
const fromOffice: typeof fetch = (url, init) => {
  const headers = new Headers(init?.headers)
  headers.set('x-forwarded-for', '203.0.113.7')
  return fetch(url, { ...init, headers })
}
const codeIn = (text: string) => /stint slack link (\S+)`/.exec(text)?.[1] ?? ''
const unknown = /Type `\/stint link`/

await t.test('a link needs both sides: the code of Slack, and a token that says whose it is', async (t) => {
  const stint = await startSlackStint({ rules: slackRules.replaceAll('from: [office]', 'from: any') })
  t.teardown(() => stint.close())
  const link = (as: Person | 'job', body: object) => stint.call('POST', '/v1/me/slack/link', { as, body })
  const id = await ask(stint)
  t.match(await stint.press('bo', 'approve', id), unknown)
  t.match(await stint.type('bo', 'what'), /`\/stint link`/)
  t.match(await stint.type('bo', 'link', 'T0EVIL'), /own workspace only/)

  const first = codeIn(await stint.type('bo', 'link'))
  const code = codeIn(await stint.type('bo', ' LINK '))
  t.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/)
  t.match(
    await link('bo', { code: first }),
    { status: 404, body: { code: 'not_found' } },
    'the last one holds',
  )
  t.match(await link('bo', { code: code.toLowerCase().replaceAll('-', '') }), {
    status: 200,
    body: { user: 'T0ACME/U0BO', name: 'u0bo', linked: false },
  })
  t.match(await stint.press('bo', 'approve', id), unknown, 'to look is not to link')
  t.match(await link('bo', { code, user: 'T0ACME/U0DAN' }), {
    status: 409,
    body: { detail: /belongs to @u0bo/ },
  })
  t.match(await link('job', { code, user: 'T0ACME/U0BO' }), { status: 403 })
  t.match(await link('bo', { code, user: 'T0ACME/U0BO' }), { status: 200, body: { linked: true } })
  t.match(await link('bo', { code, user: 'T0ACME/U0BO' }), { status: 404 }, 'once')
  t.match(await stint.type('bo', 'link'), /You are linked to corp#bo already/)

  // One person, one user.
  const other = codeIn(await stint.type('dan', 'link'))
  t.match(await link('bo', { code: other, user: 'T0ACME/U0DAN' }), {
    status: 409,
    body: { detail: /You are linked to @u0bo/ },
  })
  stint.clock.advance(10 * 60_000)
  t.match(await link('dan', { code: other, user: 'T0ACME/U0DAN' }), { status: 404 }, 'ten minutes')

  const env = { STINT_URL: stint.url, STINT_TOKEN: stint.token('dan') }
  const again = codeIn(await stint.type('dan', 'link'))
  const run = (line: string, how = {}) => {
    stint.clock.advance(1)
    return typed(line.split(' '), env, how, { clock: stint.clock, fetch: fromOffice })
  }
  const asked = await run(`slack link ${again}`, { answer: false })
  t.match(asked, { code: 2, err: /@u0dan \(T0ACME\/U0DAN\) in Slack\. Is this you\?[^]*Nothing was linked/ })
  t.match(await run(`slack link ${again}`), { code: 2, err: /--user T0ACME\/U0DAN/ })
  t.match(await run(`slack link ${again}`, { answer: true }), { code: 0, out: /@u0dan .* is you/ })
  t.match(await run('slack unlink --json'), { code: 0, out: /"linked": ?false/ })
  t.match(await run('slack unlink'), { code: 2, err: /not linked/ })
  t.match(await stint.type('dan', 'unlink'), /not linked/)
  await stint.link('dan')
  t.match(await stint.type('dan', 'unlink'), /Unlinked/)
  t.match(await stint.press('dan', 'approve', id), unknown)

  const record = await stint.call(
    'GET',
    '/v1/audit/events?limit=1000&kind=slack.linked&kind=slack.unlinked',
    {
      as: 'cy',
      headers: { accept: 'application/x-ndjson' },
    },
  )
  const events = record.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(events, [
    {
      kind: 'slack.linked',
      by: 'corp#bo',
      data: { user: 'T0ACME/U0BO', caller: { address: '203.0.113.7' } },
    },
    { kind: 'slack.linked', by: 'corp#dan' },
    { kind: 'slack.unlinked', by: 'corp#dan' },
    { kind: 'slack.linked', by: 'corp#dan' },
    {
      kind: 'slack.unlinked',
      by: 'corp#dan',
      data: { caller: { via: { road: 'slack', user: 'T0ACME/U0DAN' } } },
    },
  ])
  t.notMatch(stint.log.join('') + record.text, new RegExp(code), 'no code is kept')
})

await t.test('a claim of the directory, and where two are named, nobody', async (t) => {
  const rules = slackRules.replace('workspaces:', 'people: { claim: team }, workspaces:')
  const stint = await startSlackStint({ rules })
  t.teardown(() => stint.close())
  const seen = async (sub: string, team: string, groups: readonly string[]) => {
    const token = stint.idp.token({ sub, team, groups })
    await stint.call('GET', '/v1/me', { as: { token } })
    return ask(stint)
  }
  await seen('bo', 'U0BO', ['leads'])
  const id = await ask(stint)
  await stint.press('bo', 'approve', id, { quiet: true })
  await until(
    async () => (await stint.call('GET', `/v1/grants/${id}`, { as: 'ana' })).body['state'] === 'active',
  )

  const next = await seen('dan', 'U0BO', ['leads'])
  t.match(await stint.press('bo', 'approve', next), /More than one person/, 'two people claim one user')
  stint.clock.advance(1_000)
  await seen('dan', 'U0DAN', ['leads'])
  const code = codeIn(await stint.type('eve', 'link'))
  const as = { token: stint.idp.token({ sub: 'bo', team: 'U0BO', groups: ['leads'] }) }
  await stint.call('POST', '/v1/me/slack/link', { as, body: { code, user: 'T0ACME/U0EVE' } })
  t.match(
    await stint.press('bo', 'approve', next),
    /More than one/,
    'whom the claim names has linked another user',
  )
  await stint.press('eve', 'approve', next, { quiet: true })
  await until(
    async () => (await stint.call('GET', `/v1/grants/${next}`, { as: 'ana' })).body['state'] === 'active',
  )
})

await t.test(
  'an e-mail address only where the operator says so, and only what Slack has confirmed',
  async (t) => {
    const users = [
      { id: 'U0ANA', name: 'ana', email: 'ana@example.com' },
      { id: 'U0BO', name: 'bo', email: 'Bo@Example.com' },
      { id: 'U0DAN', name: 'dan', email: 'bo@example.com', unconfirmed: true },
      { id: 'U0EVE', name: 'eve', email: 'bo@example.com', deleted: true },
    ]
    const mail = (same: string) => same.replace('subject: sub', 'subject: email')
    const change = (
      same: Parameters<NonNullable<Parameters<typeof startSlackStint>[0]>['change'] & object>[0],
    ) => ({
      ...same,
      readConfig: async () =>
        mail(await same.readConfig())
          .replaceAll('corp#ana', 'corp#ana@example.com')
          .replaceAll('corp#bo', 'corp#bo@example.com')
          .replaceAll('[corp#dan]', '[corp#dan@example.com]')
          .replace('corp#bo@example.com }', 'corp#bo@example.com }'),
    })
    const on = await startSlackStint(
      { change, rules: slackRules.replace('workspaces:', 'people: { email: true }, workspaces:') },
      { users },
    )
    const off = await startSlackStint({ change }, { users })
    t.teardown(() => Promise.all([on.close(), off.close()]))
    for (const [stint, told] of [
      [on, /./],
      [off, unknown],
    ] as const) {
      const token = (sub: string, groups: readonly string[]) =>
        stint.idp.token({ sub, email: `${sub}@example.com`, email_verified: true, groups })
      await stint.call('GET', '/v1/me', { as: { token: token('bo', ['leads']) } })
      const asked = await stint.call('POST', '/v1/grants', {
        as: { token: token('ana', ['engineers']) },
        body: { role: 'orders-repair', reason: 'an order is stuck', ticket: 'OPS-1' },
      })
      const id = asked.body['grant']!['id'] as string
      for (const person of ['dan', 'eve', 'nobody']) {
        const text = await stint.press(person, 'approve', id)
        t.match(text, person === 'nobody' && stint === on ? /Slack did not answer/ : unknown, person)
      }
      if (stint === off) t.match(await stint.press('bo', 'approve', id), told)
      else {
        await stint.press('bo', 'approve', id, { quiet: true })
        const as = { token: token('ana', ['engineers']) }
        await until(
          async () => (await stint.call('GET', `/v1/grants/${id}`, { as })).body['state'] === 'active',
        )
        await until(() => stint.slack.said('D0ANA').some(({ text }) => text.includes(id)))
      }
    }
    t.same(
      off.slack.calls.filter(({ method }) => method.startsWith('users.')),
      [],
      'and is not even looked at',
    )
  },
)

await t.test('/stint: what I may ask for among many, what I have, and the command', async (t) => {
  const many = Array.from(
    { length: 130 },
    (_, n) => `
  bulk-${n}:
    accounts: ["${account}"]
    arn: arn:aws:iam::{account}:role/bulk-${n}
    who: { groups: [engineers] }
    from: any
    window: { default: 1h, max: 2h }
    description: number ${n} <of> many
    ceiling: [{ actions: [dynamodb:GetItem], resources: ["arn:aws:dynamodb:us-east-1:{account}:table/t${n}"] }]`,
  ).join('')
  const stint = await startSlackStint({
    rules: slackRules.replace('approvals:', `${many.slice(1)}\napprovals:`),
  })
  t.teardown(() => stint.close())
  await stint.link('ana')
  const { slack } = stint
  const id = await ask(stint)

  const stranger = await post(stint.url, commandForm(slack, 'U0EVE', ''), stint.clock())
  t.equal(stranger.status, 200)
  await until(() => /Type `\/stint link`/.test(viewText(slack.views[0])))
  await post(stint.url, commandForm(slack, 'U0ANA', ''), stint.clock())
  const view = await until(() => /Your open grants/.test(viewText(slack.views[1])) && slack.views[1])
  t.match(
    viewText(view),
    new RegExp(`\\*orders-repair\\* in prod waits for approval until <!date\\^\\d+\\^.*stint cancel ${id}`),
  )

  const who = { user: { id: 'U0ANA', team_id: 'T0ACME' }, team: { id: 'T0ACME' } }
  const options = async (value: string, as: object = who) => {
    const suggestion = { type: 'block_suggestion', ...as, action_id: 'role', block_id: 'b', value, view }
    const { text } = await stint.send(suggestion)
    return (JSON.parse(text) as { options: { value: string }[] }).options.map((one) => one.value)
  }
  t.equal((await options('')).length, 100, 'as many as Slack shows')
  t.same(await options('BULK-129'), ['bulk-129'], 'and all can be found')
  t.same(await options('orders'), ['orders-debug', 'orders-repair'])
  t.same(await options('', { ...who, user: { id: 'U0EVE', team_id: 'T0ACME' } }), [])

  const choose = async (role: string) => {
    const selected_option = { text: { type: 'plain_text', text: role }, value: role }
    const action = {
      type: 'external_select',
      action_id: 'role',
      block_id: 'b',
      selected_option,
      action_ts: '1',
    }
    await stint.send({
      type: 'block_actions',
      ...who,
      trigger_id: '1',
      container: { type: 'view' },
      view,
      actions: [action],
    })
    return until(
      () => new RegExp(`stint ask ${role}`).test(viewText(slack.views[1])) && viewText(slack.views[1]),
    )
  }
  t.match(await choose('bulk-7'), /number 7 &lt;of&gt; many[^]*for 1h unless you say otherwise, 2h at most/)
  t.match(
    await choose('orders-repair'),
    /needs approval: repair[^]*stint ask orders-repair --ticket TICKET --reason "WHY"/,
  )
  t.same(slack.refusals, [])
  t.equal(
    [...((await stint.call('GET', '/v1/grants', { as: 'ana' })).body['grants'] ?? [])].length,
    1,
    'no ask begins there',
  )
  const body = asForm({ type: 'block_suggestion', ...who, action_id: 'role', block_id: 'b', value: '' })
  t.notMatch(await post(stint.url, body, stint.clock()), /ASIA|secret/i)
})
