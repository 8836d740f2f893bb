import '../support/loopback-only.js'
import t from 'tap'
import { isSigned } from '../../src/identity/signed-bytes.js'
import { startSlack } from '../support/slack.js'
import { asForm, buttonClick, signature, signingSecret } from '../support/slack-clicks.js'
import { startStint, usualRules } from '../support/stint.js'

await t.test("the example of Slack's documentation, and each way to miss it", async (t) => {
  // docs.slack.dev/authentication/verifying-requests-from-slack
  const timestamp = '1531420618'
  const body = Buffer.from(
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  )
  const mac = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503'
  const at = Number(timestamp) * 1_000
  const good = { signature: mac, timestamp }
  const minutes = (n: number) => n * 60_000
  t.equal(isSigned(signingSecret, 'v0', good, body, at), true)
  t.equal(isSigned(signingSecret, 'v0', good, body, at + minutes(5)), true)
  t.equal(isSigned(signingSecret, 'v0', good, body, at - minutes(5)), true)
  t.equal(isSigned(signingSecret, 'v0', good, body, at + minutes(5) + 1), false, 'old')
  t.equal(isSigned(signingSecret, 'v0', good, body, at - minutes(5) - 1), false, 'from the future')
  const others: [string, { signature: unknown; timestamp: unknown }, Buffer, string][] = [
    ['another secret', good, body, `${signingSecret}x`],
    ['another body', good, Buffer.concat([body, Buffer.from(' ')]), signingSecret],
    ['another time', { ...good, timestamp: '1531420619' }, body, signingSecret],
    ['a time that is the same number', { ...good, timestamp: '01531420618' }, body, signingSecret],
    ['no time', { ...good, timestamp: undefined }, body, signingSecret],
    ['a time in words', { ...good, timestamp: 'now' }, body, signingSecret],
    ['no signature', { ...good, signature: undefined }, body, signingSecret],
    ['two signatures', { ...good, signature: `${mac}, ${mac}` }, body, signingSecret],
    ['a list of signatures', { ...good, signature: [mac] }, body, signingSecret],
    ['a part of it', { ...good, signature: mac.slice(0, -2) }, body, signingSecret],
    ['another version', { ...good, signature: mac.replace('v0', 'v1') }, body, signingSecret],
    ['upper case', { ...good, signature: mac.toUpperCase() }, body, signingSecret],
    ['no bytes at all', { signature: 'v0=', timestamp }, Buffer.alloc(0), signingSecret],
  ]
  for (const [name, headers, bytes, secret] of others)
    t.equal(isSigned(secret, 'v0', headers, bytes, at), false, name)
})

await t.test('nothing is read before its signature holds, whatever it calls itself', async (t) => {
  const slack = await startSlack()
  const stint = await startStint({
    rules: `${usualRules}slack: { channel: C0APPROVALS, workspaces: [T0ACME] }\n`,
    change: (same) => ({
      ...same,
      env: {
        ...same.env,
        STINT_SLACK_API_URL: slack.url,
        STINT_SLACK_BOT_TOKEN: slack.botToken,
        STINT_SLACK_SIGNING_SECRET: signingSecret,
      },
    }),
  })
  t.teardown(async () => {
    await stint.close()
    await slack.close()
  })
  const form = 'application/x-www-form-urlencoded'
  const send = async (body: string, headers: Record<string, string>, type = form) => {
    const response = await fetch(`${stint.url}/slack/events`, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body,
    })
    return { status: response.status, text: await response.text() }
  }
  const signed = (body: string, type = form) => send(body, signature(body, stint.clock()), type)

  const challenge = '{"type":"url_verification","challenge":"c4"}'
  t.same(await signed(challenge, 'application/json'), { status: 200, text: '{"challenge":"c4"}' })
  t.same(await signed('ssl_check=1&token=x'), { status: 200, text: '' })
  t.same(await signed(asForm(buttonClick(slack, 'U1', 'else', 'x'))), { status: 200, text: '' }, 'not ours')
  t.match(await signed('{{{', 'application/json'), { status: 400, text: /invalid_request/ })
  t.match(await signed('payload=[1]'), { status: 400 })
  t.match(await signed('payload={}&payload={}'), { status: 400 })

  const click = asForm(buttonClick(slack, 'U1', 'approve', '0'.repeat(26)))
  const ancient = signature(click, stint.clock() - 301_000)
  for (const [name, body, headers, type] of [
    ['a challenge', challenge, {}, 'application/json'],
    ['a check', 'ssl_check=1', {}, form],
    ['a check with a click in it', `ssl_check=1&${click}`, {}, form],
    ['a click', click, {}, form],
    ['an old click', click, ancient, form],
    ['a click signed by somebody else', click, signature(click, stint.clock(), 'x'.repeat(32)), form],
    ['a click as JSON', '{"type":"block_actions"}', signature(click, stint.clock()), 'application/json'],
    ['nothing', '', {}, form],
    ['what is no form', click, {}, 'text/plain'],
  ] as const)
    t.match(await send(body, headers, type), { status: 401, text: /not signed by Slack/ }, name)
  t.match(await stint.call('GET', '/slack/events'), { status: 405 })
  t.same(slack.calls, [], 'Slack was asked nothing')
  t.notMatch(stint.log.join(''), /8f742231b10e8888/, 'the secret is in no line')

  const without = await startStint()
  t.teardown(() => without.close())
  t.match(await without.call('POST', '/slack/events', { body: {} }), { status: 404 }, 'not configured')
})
