import '../support/loopback-only.js'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { buttonClick, until } from '../support/slack-clicks.js'
import { slackRules, startSlackStint, userOf } from '../support/slack-stint.js'
import { startSlackSocket } from '../support/slack-socket.js'

await t.test('Socket Mode: the same handlers, and the socket is opened again however it goes', async (t) => {
  const socket = await startSlackSocket()
  const naps: number[] = []
  const stint = await startSlackStint(
    { change: (same) => ({ ...same, sleep: (ms) => sleep(Math.min(naps[naps.push(ms) - 1]!, 20)) }) },
    { socket: socket.url },
    { STINT_SLACK_APP_TOKEN: 'xapp-test-app' },
  )
  t.teardown(async () => {
    await stint.close()
    await socket.close()
  })
  t.match(await stint.call('POST', '/slack/events', { body: {} }), { status: 404 }, 'nothing by HTTP')
  await until(() => socket.opened() === 1)
  const { slack } = stint
  const command = {
    command: '/stint',
    text: 'link',
    user_id: 'U0BO',
    user_name: 'bo',
    team_id: 'T0ACME',
    trigger_id: '1.1',
    response_url: new URL('/answers/U0BO', slack.url).href,
  }
  await socket.send('slash_commands', command)
  const told = String((await until(() => slack.answers[0]))['text'])
  const code = /stint slack link (\S+)`/.exec(told)?.[1]
  await stint.call('POST', '/v1/me/slack/link', { as: 'bo', body: { code, user: 'T0ACME/U0BO' } })

  async function approveOne() {
    const body = { role: 'orders-repair', reason: 'an order is stuck', ticket: 'OPS-1' }
    const id = (await stint.ask('ana', body)).body['grant']!['id'] as string
    await socket.send('interactive', buttonClick(slack, userOf('bo'), 'approve', id))
    await until(
      async () => (await stint.call('GET', `/v1/grants/${id}`, { as: 'ana' })).body['state'] === 'active',
    )
  }
  await approveOne()
  const suggestion = {
    type: 'block_suggestion',
    user: { id: 'U0BO', team_id: 'T0ACME' },
    team: { id: 'T0ACME' },
    action_id: 'role',
    value: 'debug',
  }
  t.match(await socket.send('interactive', { ...suggestion, view: { id: 'V1' } }), {
    options: [{ value: 'orders-debug' }],
  })

  socket.drop('disconnect')
  await until(() => socket.opened() === 2)
  await approveOne()
  socket.drop('terminate')
  await until(() => socket.opened() === 3)
  await approveOne()
  // Slack is down while it is opened again: this ends neither the socket for ever nor the process.
  slack.go({ kind: 'reset', method: 'apps.connections.open', times: 2 })
  slack.go({ kind: 'status', status: 500, method: 'apps.connections.open' })
  slack.go({ kind: 'error', error: 'invalid_auth', method: 'apps.connections.open' })
  socket.drop('terminate')
  const ready = async () => {
    stint.clock.advance(2_001)
    return (await stint.call('GET', '/readyz')).body
  }
  const closed = await until(async () => {
    const body = await ready()
    return body['parts']?.['slack']?.['socket'] === ('closed' as unknown) && body
  })
  t.match(closed, { status: 'degraded' })
  await until(() => socket.opened() === 4)
  await approveOne()
  t.match(await ready(), { status: 'ready', parts: { slack: { socket: 'open' } } })
  t.ok(Math.max(...naps) <= 1_000, 'whoever stops it waits no longer')
  t.match(stint.log.join(''), /socket to Slack could not be opened/)
  t.notMatch(stint.log.join(''), /xapp-test|xoxb-test|secret-ticket/)
})

await t.test('on call: by a file or a user group, at the moment of the click or the request', async (t) => {
  const rules = slackRules
    .replace('by: { groups: [leads] }', 'by: [{ onCall: [orders] }, { onCall: [platform] }]')
    .concat('onCall: { orders: { file: SHIFTS }, platform: { slackGroup: S0PLATFORM } }\n')
  const file = join(t.testdir(), 'shifts.yaml')
  const stint = await startSlackStint(
    { rules: rules.replace('SHIFTS', file) },
    { userGroups: { S0PLATFORM: ['U0EVE'] } },
  )
  t.teardown(() => stint.close())
  for (const person of ['bo', 'dan', 'eve'] as const) await stint.link(person)
  const at = (ms: number) => new Date(stint.clock() + ms).toISOString()
  const shifts = (subject: string) =>
    writeFileSync(file, `- { from: ${at(-60_000)}, to: ${at(60_000)}, subject: ${subject} }\n`)
  const ask = async () => {
    const body = { role: 'orders-repair', reason: 'an order is stuck', ticket: 'OPS-1' }
    return (await stint.ask('ana', body)).body['grant']!['id'] as string
  }
  const active = (id: string) =>
    until(async () => (await stint.call('GET', `/v1/grants/${id}`, { as: 'ana' })).body['state'] === 'active')

  const id = await ask()
  t.match(await stint.press('bo', 'approve', id), /not yours to see/, 'there is no file yet')
  t.match(stint.log.join(''), /schedule orders could not be read/)
  writeFileSync(file, '- { from: yesterday, to: tomorrow, subject: corp#bo }\n')
  t.match(await stint.press('bo', 'approve', id), /not yours to see/, 'nor can it be read')
  shifts('corp#dan')
  t.match(await stint.press('bo', 'approve', id), /not yours to see/, 'somebody else is')
  shifts('corp#bo')
  await stint.press('bo', 'approve', id, { quiet: true })
  await active(id)

  const second = await ask()
  stint.clock.advance(61_000)
  t.match(await stint.press('bo', 'approve', second), /not yours to see/, 'the shift is over')
  const vote = (as: 'bo' | 'eve') =>
    stint.call('POST', `/v1/grants/${second}/votes`, { as, body: { answer: 'yes' } })
  t.match(await vote('bo'), { status: 404 })
  t.match(await vote('eve'), { status: 200, body: { state: 'active' } }, 'in the user group, by HTTP')

  const third = await ask()
  stint.clock.advance(11_000)
  stint.slack.userGroups['S0PLATFORM'] = ['U0DAN']
  t.match(await stint.press('eve', 'approve', third), /not yours to see/, 'not in it any more')
  await stint.press('dan', 'approve', third, { quiet: true })
  await active(third)
  const fourth = await ask()
  stint.clock.advance(11_000)
  stint.slack.go({ kind: 'limit', retryAfter: 9, method: 'usergroups.users.list' })
  t.match(
    await stint.press('dan', 'approve', fourth),
    /not yours to see/,
    'who cannot be looked up is not on call',
  )
})
