import '../support/loopback-only.js'
import t from 'tap'
import { slackRules, startSlackStint } from '../support/slack-stint.js'
import { until } from '../support/slack-clicks.js'

const alarms = 'C0ALARMS'
const approvals = 'C0APPROVALS'
const day = 24 * 3_600_000
const rules = slackRules.replace(
  'ticket: OPS-*',
  `ticket: OPS-*
    breakGlass:
      who: { groups: [engineers] }
      window: 30m
      reviewers: { groups: [leads] }
      channel: ${alarms}`,
)
const urgent = {
  role: 'orders-repair',
  reason: 'checkout is <!channel> down & nobody of the leads answers',
  ticket: 'OPS-1',
  breakGlass: true,
}

t.test('broken glass is loud: the channels, each approver, every day until it is signed off', async (t) => {
  const users = ['ana', 'bo', 'dan', 'ben'].map((name) => ({ id: `U0${name.toUpperCase()}`, name }))
  const stint = await startSlackStint({ rules }, { channels: [approvals, alarms], users })
  t.teardown(() => stint.close())
  // Dan has a link and was seen; ben is no approver; bo is one whom Slack cannot reach.
  for (const person of ['ana', 'dan', 'ben'] as const) await stint.link(person)
  await stint.call('GET', '/v1/me', { as: 'bo' })
  const texts = (where: string) => stint.slack.said(where).map(({ text }) => String(text))
  const message = (where: string) => JSON.stringify(stint.slack.said(where)[0]?.blocks ?? '')

  const asked = await stint.ask('ana', urgent)
  t.equal(asked.status, 201)
  const id = String(asked.body['grant']?.['id'])
  for (const where of [alarms, approvals]) {
    await until(() => message(where) !== '""')
    t.match(message(where), /BREAK-GLASS: orders-repair in prod is active/)
    t.match(message(where), /"type":"broadcast","range":"channel"/)
    t.match(message(where), /Passed over: 1 by group leads \(rule “repair”\)/)
    t.match(message(where), /To be reviewed by group leads/)
  }
  await until(() => texts('D0DAN').some((text) => text.includes(id)))
  t.match(texts('D0DAN').at(-1), /ana broke the glass for orders-repair in prod.*stint revoke/)
  t.match(texts('D0DAN').at(-1), /&lt;!channel&gt; down &amp;/, 'a reason calls nobody')
  t.notOk(texts('D0BEN').some((text) => text.includes(id)))
  t.notOk(
    texts('D0ANA').some((text) => text.includes(id)),
    'who did it knows',
  )
  const opened = await stint.call('GET', `/v1/audit/events?kind=review.opened&grant=${id}`, { as: 'cy' })
  t.match(JSON.parse(String((opened.body['events']! as unknown as { text: string }[])[0]?.text)), {
    data: { told: ['corp#bo', 'corp#dan'] },
  })

  t.match(await stint.fill('dan', 'review', id, 'too early'), /active still/)
  t.notMatch(stint.log.join(''), /"level":50|failed|not drawn/, 'and nothing goes wrong behind it')
  t.equal((await stint.call('POST', `/v1/grants/${id}/end`, { as: 'ana' })).status, 200)
  await until(() => /has ended/.test(message(alarms)))
  t.match(message(alarms), /"action_id":"review"/)
  t.notMatch(message(alarms), /"type":"broadcast"/, 'drawn again, it calls nobody')
  const reminders = () => texts(alarms).filter((text) => /^Not reviewed yet/.test(text))
  stint.clock.advance(day)
  await until(() => reminders().length === 1)
  stint.clock.advance(day)
  await until(() => reminders().length === 2)
  t.match(reminders()[1], new RegExp(`ana broke the glass.*group leads.*stint review ${id}`))
  t.notMatch(texts(approvals).join(), /Not reviewed/, 'reminders are in the role’s own channel alone')

  t.match(await stint.fill('ana', 'review', id, 'it was fine'), /Nobody signs off what they did/)
  await stint.call('GET', '/v1/me', { as: 'dan' })
  t.match(await stint.fill('dan', 'review', id, 'two orders, by hand'), /Signed off/)
  await until(() => /Reviewed by dan/.test(message(alarms)))
  t.match(message(alarms), /two orders, by hand/)
  t.notMatch(message(alarms), /"action_id":"review"/)
  await until(() => texts('D0ANA').some((text) => /dan reviewed your use/.test(text)))
  stint.clock.advance(day)
  await until(async () => /^stint_outbox_waiting 0$/m.test((await stint.call('GET', '/metrics')).text))
  t.equal(reminders().length, 2)
  t.same(stint.slack.refusals, [])
})
