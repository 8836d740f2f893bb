import '../support/loopback-only.js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { startCluster } from '../support/cluster.js'
import { startIdentityProvider } from '../support/identity-provider.js'
import { startReplica, type Replica } from '../support/replica.js'
import { seqsIn, startSink } from '../support/sink.js'
import { startSlack } from '../support/slack.js'
import { asForm, buttonClick, post, signingSecret, until } from '../support/slack-clicks.js'
import { slackRules } from '../support/slack-stint.js'
import { account, roleArn, trustingRole, type Json } from '../support/stint.js'
import { startSts, stsActions } from '../support/sts.js'

/** Two processes on one PostgreSQL beside one Slack: whoever is clicked, whoever dies, it is told once. */

const cluster = await startCluster()
const real = { skip: cluster ? false : 'PostgreSQL is not installed here; `.ci/run` installs it' }
const own = {
  accessKeyId: 'AKIATWOPROCESSES0000',
  secretAccessKey: 'the-own-secret-key-of-the-two-processes-0',
}
const channel = 'C0APPROVALS'

const folder = mkdtempSync(join(tmpdir(), 'stint-slack-'))
const sink = await startSink(t)
const slack = await startSlack({ users: [{ id: 'U0BO', name: 'bo' }] })
const [idp, sts] = await Promise.all([
  startIdentityProvider(),
  startSts({
    clock: Date.now,
    roles: { [roleArn('orders-debug')]: trustingRole, [roleArn('orders-repair')]: trustingRole },
    broker: { ...own, arn: `arn:aws:iam::${account}:user/stint`, allow: stsActions },
  }),
])
const config = join(folder, 'stint.yaml')
writeFileSync(
  config,
  `issuers: [{ issuer: "${idp.issuer}", directory: corp, audience: stint, claims: { groups: groups, keep: [repository, slack] } }]\n` +
    slackRules
      .replaceAll('from: [office]', 'from: any')
      .replace('workspaces: [T0ACME]', 'workspaces: [T0ACME], people: { claim: slack }')
      .replace(
        'cost:',
        `  - { name: pair, when: 'ask.reason.contains("pair")', votes: 2, by: { groups: [leads] } }\ncost:`,
      ) +
    `feed: { https: "${sink.url}" }\n`,
)
const store = (await cluster?.fresh()) ?? ''
const start = () =>
  startReplica(['--config', config], {
    STINT_STORE: store,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
    STINT_FEED_KEY: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
    STINT_SLACK_API_URL: slack.url,
    STINT_SLACK_BOT_TOKEN: slack.botToken,
    STINT_SLACK_SIGNING_SECRET: signingSecret,
  })
let replicas: readonly Replica[] = cluster ? await Promise.all([start(), start()]) : []

const kill = async () => {
  for (const { child } of replicas) child.kill('SIGKILL')
  await Promise.all(replicas.map(({ ended }) => ended))
}
t.teardown(async () => {
  await kill()
  await Promise.all([cluster?.close(), idp.close(), sts.close(), slack.close()])
  rmSync(folder, { recursive: true, force: true })
})

const ana = { sub: 'ana', groups: ['engineers'] }
const auditor = { sub: 'cy', groups: ['audit'] }
const leads = ['bo', 'dan'].map((sub) => ({ sub, groups: ['leads'], slack: `U0${sub.toUpperCase()}` }))
async function call(at: number, method: string, path: string, who: object, body?: object): Promise<Json> {
  const response = await fetch(`${replicas[at]?.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${idp.token({ ...who })}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  })
  return (await response.json()) as Json
}
async function ask(reason: string): Promise<string> {
  const body = { role: 'orders-repair', reason, ticket: 'OPS-1' }
  return String((await call(0, 'POST', '/v1/grants', ana, body))['grant']?.['id'])
}
const click = (at: number, user: string, id: string) =>
  post(replicas[at]?.url ?? '', asForm(buttonClick(slack, user, 'approve', id)), Date.now())
/** All messages of a grant in the channel, its thread left out. */
const messages = (id: string) =>
  slack
    .said(channel)
    .filter(({ thread_ts, blocks }) => thread_ts === undefined && JSON.stringify(blocks).includes(id))
const reads = (id: string, words: RegExp) =>
  until(() => messages(id).some(({ blocks }) => words.test(JSON.stringify(blocks))))
const votesOn = async (id: string) =>
  ((await call(0, 'GET', `/v1/grants/${id}`, ana)) as { votes?: unknown[] }).votes

await t.test('two approvers at the same instant on two processes', real, async (t) => {
  // A click is judged by the newest token that Stint saw of whoever it is.
  for (const lead of leads) t.match(await call(1, 'GET', '/v1/me', lead), { subject: `corp#${lead.sub}` })

  const one = await ask('one vote is enough')
  await reads(one, /waits for approval/)
  t.same(
    (await Promise.all([click(0, 'U0BO', one), click(1, 'U0DAN', one)])).map(({ status }) => status),
    [200, 200],
  )
  await reads(one, /is active/)
  t.equal((await votesOn(one))?.length, 1, 'one vote decided it')
  await until(() => slack.answers.some(({ text }) => /active already|decided/.test(String(text))))
  t.equal(messages(one).length, 1)

  const both = await ask('a pair has to agree')
  await reads(both, /0 of 2/)
  await Promise.all([click(0, 'U0BO', both), click(1, 'U0DAN', both)])
  await reads(both, /is active/)
  t.equal((await votesOn(both))?.length, 2, 'neither vote was lost')
  t.equal(messages(both).length, 1, 'and there is one message, whoever posted it')
  t.same(slack.refusals, [])
})

await t.test('kill -9 between the vote and its message', real, async (t) => {
  // The feed is under way too, and its sink has what nobody heard of.
  await until(() => sink.posted.length > 0)
  const taken = sink.answer
  const before = sink.posted.length
  sink.answer = () => undefined
  const held = slack.hold()
  const id = await ask('killed on the way')
  // Slack has the message, and nobody has heard so.
  await until(() => messages(id).length === 1)
  await click(0, 'U0BO', id)
  await until(async () => (await votesOn(id))?.length === 1)
  await until(() => sink.posted.length > before)
  await kill()
  held.release()
  sink.answer = taken
  t.notMatch(JSON.stringify(messages(id)), /is active/, 'the vote is on the record and nowhere else')

  // What the dead had taken is theirs for five minutes; that they are over is written here.
  const client = new pg.Client(store)
  await client.connect()
  await client.query('UPDATE outbox SET claimed_until = 0')
  await client.query("UPDATE leases SET until = 0 WHERE name = 'feed.https'")
  await client.end()
  replicas = await Promise.all([start(), start()])
  await reads(id, /is active/)
  t.equal(messages(id).length, 1, 'it was looked for, found and drawn again')
  t.match(JSON.stringify(messages(id)), /✓ bo/)

  const { events = [] } = (await call(1, 'GET', '/v1/audit/events?limit=1000', auditor)) as {
    events?: { readonly seq: number }[]
  }
  await until(() => seqsIn(sink.posted).includes(events.at(-1)?.seq ?? 0))
  let [highest, gaps] = [0, 0]
  for (const seq of seqsIn(sink.posted)) {
    if (seq > highest + 1) gaps++
    highest = Math.max(highest, seq)
  }
  t.equal(gaps, 0, 'and the feed left nothing out')
  const inFlight = seqsIn(sink.posted.slice(before, before + 1))[0]
  t.ok(seqsIn(sink.posted.slice(before + 1)).includes(inFlight ?? 0), 'what was under way came again')
})
