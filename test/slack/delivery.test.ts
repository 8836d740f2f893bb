import '../support/loopback-only.js'
import fc from 'fast-check'
import t from 'tap'
import { plain } from '../../src/slack/rich.js'
import { slackRules, startSlackStint, type SlackStint } from '../support/slack-stint.js'
import { until } from '../support/slack-clicks.js'

const channel = 'C0APPROVALS'
const feed = 'C0FEED'
const rules = slackRules
  .replace('slack: {', `slack: { feed: ${feed}, ticketUrl: "https://tickets.example.com/browse/{ticket}",`)
  .replace('within: 30m', 'within: 30m\n    remind: 10m')
const minute = 60_000

const ask = async (stint: SlackStint, reason = 'an order is stuck') => {
  const body = { role: 'orders-repair', reason, ticket: 'OPS-1' }
  return (await stint.ask('ana', body)).body['grant']?.['id'] as unknown as string
}
const vote = (stint: SlackStint, id: string, as: 'bo' | 'dan', answer = 'yes') =>
  stint.call('POST', `/v1/grants/${id}/votes`, { as, body: { answer, reason: 'on my watch' } })
const heads = (stint: SlackStint, where = channel) =>
  stint.slack.said(where).filter(({ thread_ts }) => thread_ts === undefined)
/** The one message of a grant; there must never be two. */
const message = (stint: SlackStint, id: string, where = channel) => {
  const found = heads(stint, where).filter(({ blocks }) => JSON.stringify(blocks).includes(id))
  if (found.length > 1) throw new Error('There are two messages of one grant.')
  return found[0]
}
const reads = (stint: SlackStint, id: string, words: RegExp) =>
  until(() => words.test(JSON.stringify(message(stint, id)?.blocks ?? '')))
const settled = (stint: SlackStint) =>
  until(async () => /^stint_outbox_waiting 0$/m.test((await stint.call('GET', '/metrics')).text))

const stint = await startSlackStint(
  { rules },
  { channels: [channel, feed], users: [{ id: 'U0ANA', name: 'ana' }] },
)
t.teardown(() => stint.close())
await stint.link('ana')

await t.test(
  'a grant has one message, drawn again at each step; thread and asker hear of the rest',
  async (t) => {
    const id = await ask(stint)
    await reads(stint, id, /waits for approval/)
    const first = message(stint, id)
    t.match(JSON.stringify(first?.blocks), /corp#ana.*203\.0\.113\.7.*office.*PutItem|OPS-1/)
    for (const words of [
      /corp#ana/,
      /office/,
      /engineers/,
      /PutItem|change in/,
      /0 of 1 by group leads/,
      /Could cost|Cost/,
    ])
      t.match(JSON.stringify(first?.blocks), words)
    t.match(JSON.stringify(first?.blocks), /"url":"https:\/\/tickets.example.com\/browse\/OPS-1"/)
    await vote(stint, id, 'bo')
    await reads(stint, id, /is active/)
    t.equal(message(stint, id)?.ts, first?.ts)
    t.match(JSON.stringify(message(stint, id)?.blocks), /✓ bo .*on my watch/)
    t.equal((await stint.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' })).status, 201)
    await stint.call('POST', `/v1/grants/${id}/end`, { as: 'ana' })
    await reads(stint, id, /has ended/)
    await settled(stint)
    const thread = stint.slack.said(channel).filter(({ thread_ts }) => thread_ts === first?.ts)
    t.match(
      thread.map(({ text }) => text),
      [/Credentials no\. 1 were issued to ana/, /^Ended by ana/],
    )
    t.match(
      stint.slack
        .said('D0ANA')
        .map(({ text }) => text)
        .at(-1),
      new RegExp(`approved.*stint exec orders-repair --grant ${id} -- `),
    )
  },
)

await t.test('what was allowed at once is in the feed alone, and nobody is told', async (t) => {
  const before = heads(stint).length
  const told = stint.slack.said('D0ANA').length
  const { body } = await stint.ask('ana', { role: 'orders-debug', reason: 'a look at one order' })
  const id = body['grant']?.['id'] as unknown as string
  await until(() => message(stint, id, feed) !== undefined)
  await settled(stint)
  t.match(JSON.stringify(message(stint, id, feed)?.blocks), /nobody needed to agree/)
  t.equal(heads(stint).length, before)
  t.equal(stint.slack.said('D0ANA').length, told)
})

await t.test('approvers are reminded in the thread until it is decided; lapsing is told', async (t) => {
  const id = await ask(stint, 'nobody looks at this')
  await reads(stint, id, /waits for approval/)
  const thread = () =>
    stint.slack
      .said(channel)
      .filter(({ thread_ts }) => thread_ts === message(stint, id)?.ts)
      .map(({ text }) => text)
  stint.clock.advance(10 * minute)
  await until(() => thread().length === 1)
  stint.clock.advance(10 * minute)
  await until(() => thread().length === 2)
  t.match(thread()[1], /Still waiting: .*needs 1 by group leads, by <!date/)
  stint.clock.advance(11 * minute)
  await until(() => /not approved in time/.test(JSON.stringify(message(stint, id)?.blocks)))
  await settled(stint)
  t.match(thread().at(-1), /Nobody approved it in time/)
  t.equal(thread().length, 3)
  t.match(stint.slack.said('D0ANA').at(-1)?.text, /Nobody approved it in time.*Ask again/)
})

await t.test(
  'whatever goes wrong at Slack: one message, as it should be, and nobody waits for it',
  async (t) => {
    const rows: string[] = []
    for (const wrong of [
      { kind: 'limit', retryAfter: 2 },
      { kind: 'status', status: 503 },
      { kind: 'error', error: 'internal_error' },
      { kind: 'lose' },
      { kind: 'reset' },
      // The answer is lost, and then the look for the message is refused: the doubt must outlive it.
      { kind: 'lose', then: { kind: 'limit', retryAfter: 1 } },
      { kind: 'lose', then: { kind: 'error', error: 'missing_scope' } },
    ] as const) {
      stint.slack.go({ ...wrong, method: 'chat.postMessage' })
      if ('then' in wrong) stint.slack.go({ ...wrong.then, method: 'conversations.history' })
      const calls = stint.slack.calls.length
      const id = await ask(stint, `fault number ${rows.length}`)
      t.equal((await vote(stint, id, 'bo')).status, 200, 'a vote waits for nobody')
      await until(() => stint.slack.calls.slice(calls).some(({ method }) => method === 'chat.postMessage'))
      await until(async () => {
        stint.clock.advance(1_000)
        const waits = !/^stint_outbox_waiting 0$/m.test((await stint.call('GET', '/metrics')).text)
        return !waits && /is active/.test(JSON.stringify(message(stint, id)?.blocks ?? ''))
      })
      const methods = stint.slack.calls.slice(calls).map(({ method }) => method)
      rows.push(`${wrong.kind}${'then' in wrong ? `, ${wrong.then.kind}` : ''}: ${methods.join(' ')}`)
    }
    t.comment(rows.join('\n'))
    t.match(rows[3], /postMessage.*history/, 'it looked before it posted again')
    t.same(stint.slack.refusals, [])
  },
)

await t.test(
  'what was in doubt stays so while one cannot look, and is as it should be when found',
  async (t) => {
    const looks = [
      { kind: 'limit', retryAfter: 0 },
      { kind: 'status', status: 503 },
      { kind: 'error', error: 'missing_scope' },
    ] as const
    for (const [n, wrong] of looks.entries()) {
      stint.slack.go({ kind: 'lose', method: 'chat.postMessage' })
      stint.slack.go({ ...wrong, method: 'conversations.history' })
      const id = await ask(stint, `in doubt, no. ${n}`)
      await until(() => message(stint, id) !== undefined)
      await vote(stint, id, 'bo')
      const calls = stint.slack.calls.length
      const looked = () =>
        stint.slack.calls.slice(calls).filter(({ method }) => method === 'conversations.history').length
      await until(() => {
        stint.clock.advance(500)
        return looked() >= 2
      })
      await settled(stint)
      t.match(JSON.stringify(message(stint, id)?.blocks), /is active/, `${wrong.kind}: once, and drawn again`)
    }
  },
)

await t.test('Slack away: degraded, with the age of the oldest; it catches up', async (t) => {
  stint.slack.go({ kind: 'reset', times: 10_000 })
  const id = await ask(stint, 'Slack is away')
  stint.clock.advance(61_000)
  await until(async () => {
    stint.clock.advance(2_001)
    const { body } = await stint.call('GET', '/readyz')
    return (body['status'] as unknown) === 'degraded'
  })
  const { body } = await stint.call('GET', '/readyz')
  t.ok(Number(body['parts']?.['outbox']?.['lagSeconds']) > 60)
  t.match((await stint.call('GET', '/metrics')).text, /stint_outbox_waiting [1-9]/)
  stint.slack.behave()
  stint.clock.advance(300_000)
  await reads(stint, id, /waits for approval/)
  t.equal((await vote(stint, id, 'dan', 'no')).status, 200)
  await reads(stint, id, /was denied/)
  t.match(JSON.stringify(message(stint, id)?.blocks), /✗ dan .*on my watch/)
})

await t.test('no text makes a mention, a link or a format, or hides anything', async (t) => {
  const reason = `<!channel> <@U0ANA> *x* \`y\` https://evil.example <https://evil.example|here> ${'w'.repeat(200)}`
  const { status, body } = await stint.ask('ana', { role: 'orders-repair', reason, ticket: 'OPS-<!here>' })
  t.equal(status, 202, JSON.stringify(body))
  const id = body['grant']?.['id'] as unknown as string
  await reads(stint, id, /waits for approval/)
  const shown = message(stint, id)
  const marks = JSON.stringify(shown?.blocks.filter(({ type }) => type !== 'rich_text'))
  t.notMatch(marks, /evil|<!|<@/, 'only in rich text, where Slack reads no marks')
  t.notMatch(shown?.text, /<(?!!date)/)
  t.match(JSON.stringify(shown?.blocks), /browse\/OPS-%3C!here%3E/)
  t.same(stint.slack.refusals, [])
})

await t.test(
  'any text is shown within its bounds, with a mark where something was not to be seen',
  async (t) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.integer({ min: 40, max: 200 }),
        (given, most) => {
          const shown = plain(given, most, 3)
          return (
            shown.length <= most &&
            shown.split('\n').length <= 3 &&
            !/\p{Cs}/u.test(shown) &&
            !/(?!\n)[\p{C}\p{Default_Ignorable_Code_Point}]/u.test(shown.replaceAll('\ufffd', ''))
          )
        },
      ),
    )
    t.equal(plain('safe\u202etxt.exe\u200b!', 100), 'safe\ufffdtxt.exe\ufffd!')
    t.match(plain('x'.repeat(10_000), 600), /^x{568} … \(9432 more characters\)$/)
    t.match(plain('a\nb\nc\nd', 100, 2), /^a\nb … \(3 more characters\)$/)
    t.equal(plain('a\r\nb', 100), 'a b')
  },
)
