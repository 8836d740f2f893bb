import '../support/loopback-only.js'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { typed } from '../support/in-process.js'
import { startSlack } from '../support/slack.js'
import { signingSecret } from '../support/slack-clicks.js'
import { slackRules } from '../support/slack-stint.js'

const issuers =
  'issuers: [{ issuer: "https://login.example.com", directory: corp, audience: stint, claims: { groups: groups, keep: [repository] } }]\n'

await t.test('slack check says what is there and what is missing', async (t) => {
  const slack = await startSlack({ userGroups: { S0ONE: [] } })
  t.teardown(() => slack.close())
  const file = join(t.testdir(), 'stint.yaml')
  const env = {
    STINT_SLACK_API_URL: slack.url,
    STINT_SLACK_BOT_TOKEN: slack.botToken,
    STINT_SLACK_SIGNING_SECRET: signingSecret,
  }
  const check = (rules: string, more: Record<string, string> = {}) => {
    writeFileSync(file, issuers + rules)
    return typed(['slack', 'check', '--config', file], { ...env, ...more })
  }
  const good = await check(slackRules)
  t.match(good, { code: 0, err: '' })
  t.notMatch(good.out, /missing/)
  t.match(good.out, /ok +The bot token is that of stint in Acme \(T0ACME\)\.[^]*in C0APPROVALS[^]*by HTTP/)

  const strict = slackRules.replace('voters: { from: any }\n', '')
  const rules = strict
    .replace('workspaces: [T0ACME]', 'workspaces: [T0OTHER], feed: C0NOWHERE')
    .concat('onCall: { a: { slackGroup: S0ONE }, b: { slackGroup: S0TWO } }\n')
  const poor = await check(rules, { STINT_SLACK_APP_TOKEN: 'xapp-wrong' })
  t.equal(poor.code, 9)
  for (const line of [
    /missing The channel C0NOWHERE is not seen/,
    /ok +The user group S0ONE/,
    /missing The user group S0TWO cannot be read: no_such_subteam/,
    /missing No socket can be opened \(invalid_auth\)/,
    /missing slack.workspaces does not have T0ACME/,
    /missing Clicks count for nothing where voters must show.*orders-debug, orders-repair/,
  ])
    t.match(poor.out, line)
  slack.go({ kind: 'error', error: 'token_revoked' })
  t.match(await check(slackRules), { code: 9, out: /missing The bot token is not taken: token_revoked/ })
  slack.go({ kind: 'reset' })
  t.match(await check(slackRules), { code: 9, out: /Slack was not reached/ })
  t.match(await check('roles: {'), { code: 9, out: '' })
  const said = good.out + poor.out
  t.notMatch(said, new RegExp(`${slack.botToken}|${signingSecret}|xapp-wrong`), 'no secret is said')
  t.notOk(
    slack.calls.some(({ method }) => method.startsWith('chat.')),
    'nothing is posted',
  )
})

/** All that stands in the room that talks to Slack. */
const sources = () =>
  readdirSync('src/slack')
    .map((name) => readFileSync(join('src/slack', name), 'utf8'))
    .join('\n')

/** The scopes that each method needs (docs.slack.dev/reference/methods); none where people are known by e-mail only. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.open': ['im:write'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'users.info': [],
  'users.lookupByEmail': [],
  'views.open': [],
  'views.update': [],
}
/** Of the command, and of `conversations.info`, by which the check sees whether the app is in a channel. */
const rest = ['commands', 'channels:read', 'groups:read']

await t.test('every command that is named in Slack exists, with the options that are named', async (t) => {
  const named = sources().matchAll(/\\?`stint ((?:slack )?[a-z][a-z-]*)([^`\n]*)/g)
  const helps = new Map<string, string>()
  for (const [whole, command = '', after = ''] of named) {
    const { code, out } = await typed([...command.split(' '), '--help'], {})
    helps.set(command, out)
    t.equal(code, 0, whole)
    for (const [option] of after.matchAll(/--[a-z]+/g)) t.match(out, new RegExp(`${option}\\b`), whole)
    // What is named without its role is another thing than what the command takes.
    if (/<role>/.test(out) && after !== '') t.notMatch(after, /^ (?:--|\$\{id\})/, whole)
  }
  t.ok(
    ['ask', 'approve', 'deny', 'exec', 'end', 'cancel', 'status', 'whoami', 'slack link'].every((one) =>
      helps.has(one),
    ),
    [...helps.keys()].join(),
  )
})

await t.test('the manifest asks for no more than is used, and sends all of it to one place', async (t) => {
  const manifest = parse(readFileSync('slack-manifest.yaml', 'utf8')) as {
    oauth_config: { scopes: { bot: string[] } }
    settings: { interactivity: { request_url: string; message_menu_options_url: string } }
    features: { slash_commands: { command: string; url: string }[] }
  }
  const used = new Set(
    [...sources().matchAll(/client\s*\.([a-z]+)\s*\.([A-Za-z]+)\(/g)].map(([, a, b]) => `${a}.${b}`),
  )
  t.same([...used].toSorted(), Object.keys(needs).toSorted(), 'each method is known here')
  t.same(
    manifest.oauth_config.scopes.bot.toSorted(),
    [...new Set([...Object.values(needs).flat(), ...rest])].toSorted(),
  )
  const { request_url: url, message_menu_options_url: options } = manifest.settings.interactivity
  t.match(url, /\/slack\/events$/)
  t.same([options, ...manifest.features.slash_commands.map((one) => one.url)], [url, url])
})
