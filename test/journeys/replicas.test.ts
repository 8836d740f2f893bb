import '../support/loopback-only.js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { verify } from '../../src/audit/chain.js'
import { startCluster } from '../support/cluster.js'
import { startIdentityProvider } from '../support/identity-provider.js'
import { startReplica, type Replica } from '../support/replica.js'
import { account, roleArn, trustingRole, usualRules, type Json } from '../support/stint.js'
import { startSts, stsActions } from '../support/sts.js'

/** Three processes on one PostgreSQL: whoever is asked, there is one record, and each thing happens once. */

const cluster = await startCluster()
const real = { skip: cluster ? false : 'PostgreSQL is not installed here; `.ci/run` installs it' }
const own = {
  accessKeyId: 'AKIAREPLICAREPLICA00',
  secretAccessKey: 'the-own-secret-key-of-the-replicas-000000',
}

const folder = mkdtempSync(join(tmpdir(), 'stint-replicas-'))
const [idp, sts] = await Promise.all([
  startIdentityProvider(),
  startSts({
    clock: Date.now,
    roles: { [roleArn('orders-debug')]: trustingRole, [roleArn('orders-repair')]: trustingRole },
    broker: { ...own, arn: `arn:aws:iam::${account}:user/stint`, allow: stsActions },
  }),
])
const config = join(folder, 'stint.yaml')
const write = (rules: string) =>
  writeFileSync(
    config,
    `issuers: [{ issuer: "${idp.issuer}", directory: corp, audience: stint, claims: { groups: groups, keep: [repository] } }]\n${rules.replaceAll('from: [office]', 'from: any')}`,
  )
write(usualRules)

const store = (await cluster?.fresh()) ?? ''
const start = () =>
  startReplica(['--config', config], {
    STINT_STORE: store,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
  })
const replicas: Replica[] = cluster ? await Promise.all([start(), start(), start()]) : []
// The issuer is in this process, which is busy later: they have its keys before that.
for (const { url } of replicas) while (!(await fetch(`${url}/readyz`)).ok) await sleep(50)

t.teardown(async () => {
  for (const { child } of replicas) child.kill('SIGKILL')
  await Promise.all(replicas.map(({ ended }) => ended))
  await Promise.all([cluster?.close(), idp.close(), sts.close()])
  rmSync(folder, { recursive: true, force: true })
})

type Person = Readonly<Record<string, unknown>>

const tokens = new Map<string, string>()
function tokenOf(who: Person): string {
  const name = JSON.stringify(who)
  const token = tokens.get(name) ?? idp.token(who)
  tokens.set(name, token)
  return token
}

interface Answer {
  readonly status: number
  readonly body: Json
}

/**
 * One exchange with the replica of that number, round and round. One that is too busy is asked again, as
 * it says.
 */
async function call(at: number, method: string, path: string, who: Person, body?: object): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${replicas[at % replicas.length]?.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokenOf(who)}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const answer = { status: response.status, body: (await response.json()) as Json }
    if (answer.body['code'] !== 'overloaded' || tries === 20) return answer
    await sleep(1_000)
  }
}

const engineer = (n: number) => ({ sub: `engineer-${n}`, groups: ['engineers'] })
const lead = (n: number) => ({ sub: `lead-${n}`, groups: ['leads'] })
const auditor = { sub: 'cy', groups: ['audit'] }
const operator = { sub: 'ola', groups: ['platform'] }
const ask = (at: number, who: Person, role = 'orders-debug') =>
  call(at, 'POST', '/v1/grants', who, { role, reason: 'an order is stuck', ticket: 'OPS-1' })

/** Of a grant, or of one with its credentials. */
const idOf = (body: Json | undefined) => String(body?.['grant']?.['id'] ?? body?.['id'])

const counted = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...new Set(answers.map(({ status }) => status))]
      .sort()
      .map((status) => [status, answers.filter((answer) => answer.status === status).length]),
  )

/** The whole log, read page by page from one replica after the other. */
async function wholeLog(): Promise<readonly Json[]> {
  const entries: Json[] = []
  for (let page = 0; ; page++) {
    const after = entries.at(-1)?.['seq'] ?? 0
    const { status, body } = await call(page, 'GET', `/v1/audit/events?limit=500&after=${after}`, auditor)
    t.equal(status, 200)
    const items = body['events'] as unknown as readonly Json[]
    entries.push(...items)
    if (items.length < 500) return entries
  }
}

/** The access key id that an event of an issuance names. */
const keyOf = ({ text }: Json) => (JSON.parse(String(text)) as Json)['data']?.['accessKeyId']

const chainHolds = (entries: readonly Json[]) =>
  verify(entries.map(({ seq, text, leaf }) => ({ seq: Number(seq), text: String(text), leaf: String(leaf) })))

await t.test('a thousand asks at once: each decided, issued and on the record', real, async (t) => {
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => ask(n, engineer(n % 50))))
  const issued = answers.filter(({ status }) => status === 201)
  // On a slow machine some are given up on, by STS's deadline or the store's: said so, and never half done.
  const others = answers.filter(({ status }) => ![201, 502, 503].includes(status))
  t.same(others, [])
  t.ok(issued.length >= 500, JSON.stringify(counted(answers)))
  const entries = await wholeLog()
  t.match(chainHolds(entries), { ok: true })
  const of = (kind: string) => entries.filter((entry) => entry['kind'] === kind)
  t.ok(of('grant.active').length >= issued.length)
  t.same(
    of('issuance.done').map(keyOf).sort(),
    issued.map(({ body }) => body['credentials']?.['accessKeyId']).sort(),
  )
})

await t.test('racing votes: one transition each', real, async (t) => {
  const pending = await Promise.all(
    Array.from({ length: 40 }, (_, n) => ask(n, engineer(100 + n), 'orders-repair')),
  )
  t.same(counted(pending), { 202: 40 })
  const votes = await Promise.all(
    pending.flatMap(({ body }, n) =>
      [0, 1, 2].map((at) =>
        call(at, 'POST', `/v1/grants/${idOf(body)}/votes`, lead(n * 3 + at), { answer: 'yes' }),
      ),
    ),
  )
  t.equal(votes.filter(({ status }) => status === 200).length, 40)
  t.same(Object.keys(counted(votes)), ['200', '409'])
  const active = (await wholeLog()).filter((entry) => entry['kind'] === 'grant.active')
  const ids = pending.map(({ body }) => idOf(body))
  t.same(active.filter((entry) => ids.includes(String(entry['grant']))).length, 40)
})

await t.test('racing issues: every one its own session, and each on the record', real, async (t) => {
  const grants = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(n, engineer(200 + n))))
  const issued = await Promise.all(
    grants.flatMap(({ body }, n) =>
      Array.from({ length: 6 }, (_, at) =>
        call(at, 'POST', `/v1/grants/${idOf(body)}/credentials`, engineer(200 + n)),
      ),
    ),
  )
  t.same(counted(issued), { 201: 60 })
  const sessions = new Set(issued.map(({ body }) => body['credentials']?.['accessKeyId']))
  t.equal(sessions.size, 60)
  const { body } = await call(1, 'GET', `/v1/grants/${idOf(grants[0]?.body)}`, auditor)
  t.equal((body['issuances'] as unknown as readonly Json[]).length, 7)
})

await t.test('a revoke against an issue in flight: withheld, whoever minted', real, async (t) => {
  for (let n = 0; n < 6; n++) {
    const { body } = await ask(n, engineer(300 + n))
    const hold = sts.hold()
    const issuing = call(n, 'POST', `/v1/grants/${idOf(body)}/credentials`, engineer(300 + n))
    await hold.arrived()
    const revoked = await call(n + 1, 'POST', `/v1/grants/${idOf(body)}/revoke`, operator, { reason: 'stop' })
    t.equal(revoked.status, 200)
    hold.release()
    t.match(await issuing, { status: 409, body: { code: 'conflict' } })
    const after = await call(n + 2, 'GET', `/v1/grants/${idOf(body)}`, auditor)
    t.equal((after.body['issuances'] as unknown as readonly Json[]).at(-1)?.['state'], 'withheld')
  }
})

await t.test('a freeze on one replica holds on all: from its answer on, and in flight', real, async (t) => {
  const { body } = await ask(0, engineer(350))
  const collect = (n: number) => call(n, 'POST', `/v1/grants/${idOf(body)}/credentials`, engineer(350))
  const hold = sts.hold()
  const issuing = collect(0)
  await hold.arrived()
  const frozen = await call(1, 'POST', '/v1/revocations', operator, { of: 'all', reason: 'stop' })
  t.equal(frozen.status, 201)
  hold.release()
  t.match(await issuing, { status: 409, body: { code: 'conflict' } })
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, n) => (n % 2 ? collect(n) : ask(n, engineer(351 + n)))),
  )
  t.same(counted(answers), { 403: 9 })
  await call(2, 'POST', `/v1/revocations/${frozen.body['id']}/lift`, operator, { reason: 'go on' })
  t.equal((await collect(0)).status, 201)
})

await t.test('a long poll hears what another replica did', real, async (t) => {
  const { body } = await ask(0, engineer(400), 'orders-repair')
  const waiting = call(1, 'GET', `/v1/grants/${idOf(body)}?wait=30`, engineer(400))
  await sleep(200)
  await call(2, 'POST', `/v1/grants/${idOf(body)}/votes`, lead(400), { answer: 'yes' })
  t.match(await waiting, { status: 200, body: { state: 'active' } })
})

await t.test('a limit on asks holds over all of them', real, async (t) => {
  const answers = await Promise.all(Array.from({ length: 75 }, (_, n) => ask(n, engineer(500))))
  t.same(counted(answers), { 201: 60, 429: 15 })
})

await t.test('other rules: under the old ones until every replica has them', real, async (t) => {
  const ready = (at: number) => call(at, 'GET', '/readyz', auditor)
  const until = async (at: number, body: object) => {
    for (let tries = 0; tries < 200; tries++) {
      const seen = await ready(at)
      if (JSON.stringify(seen.body).includes(JSON.stringify(body).slice(1, -1))) return
      await sleep(50)
    }
    t.fail(`replica ${at} never said ${JSON.stringify(body)}`)
  }
  write(usualRules.replaceAll('orders-debug:', 'orders-look:'))
  replicas[0]?.child.kill('SIGHUP')
  await replicas[0]?.said(/configuration loaded/)
  await until(0, { status: 'degraded' })
  await until(1, { status: 'degraded' })
  t.equal((await ask(0, engineer(600))).status, 201, 'also where the new ones are loaded')
  t.equal((await ask(1, engineer(600))).status, 201)
  for (const { child } of replicas.slice(1)) child.kill('SIGHUP')
  for (let at = 0; at < 3; at++) await until(at, { status: 'ready' })
  for (let at = 0; at < 3; at++) {
    t.equal((await ask(at, engineer(601), 'orders-look')).status, 201)
    t.equal((await ask(at, engineer(601))).status, 403)
  }

  write(usualRules)
  const late = await start()
  replicas.push(late)
  const refused = await ask(3, engineer(602))
  t.match(refused, { status: 503, body: { code: 'rules_unsettled' } }, 'who has only the new ones waits')
  replicas.pop()
  late.child.kill('SIGTERM')
  t.same(await late.ended, [0, null])
})

await t.test(
  'a replica is killed under load: the others go on, and nothing acknowledged is lost',
  real,
  async (t) => {
    const acknowledged: string[] = []
    let [running, n] = [true, 0]
    const victim = replicas.pop() as Replica
    const work = async (url: string) => {
      while (running) {
        const who = engineer(1_000 + (n++ % 200))
        const response = await fetch(`${url}/v1/grants`, {
          method: 'POST',
          headers: { authorization: `Bearer ${tokenOf(who)}`, 'content-type': 'application/json' },
          body: JSON.stringify({ role: 'orders-look', reason: 'an order is stuck' }),
          signal: AbortSignal.timeout(60_000),
        }).catch(() => undefined)
        if (!response) return
        const body = (await response.json()) as Json
        if (response.status === 201) acknowledged.push(String(body['credentials']?.['accessKeyId']))
      }
    }
    const working = [...replicas, victim].flatMap(({ url }) => [work(url), work(url), work(url)])
    const more = async (count: number) => {
      const from = acknowledged.length
      while (acknowledged.length < from + count) await sleep(10)
    }
    await more(100)
    victim.child.kill('SIGKILL')
    await victim.ended
    await more(100)
    running = false
    await Promise.all(working)
    const entries = await wholeLog()
    t.match(chainHolds(entries), { ok: true })
    const recorded = new Set(
      entries
        .filter((entry) => entry['kind'] === 'issuance.done')
        .map(keyOf)
        .map(String),
    )
    t.same(
      acknowledged.filter((key) => !recorded.has(key)),
      [],
    )
  },
)

await t.test('PostgreSQL crashes and comes back: refused meanwhile, and then as before', real, async (t) => {
  await cluster?.crash()
  const refused = await ask(0, engineer(2_000), 'orders-look')
  t.match(refused, { status: 503, body: { code: 'store_unavailable' } })
  await cluster?.start()
  for (let at = 0; at < replicas.length; at++)
    t.equal((await ask(at, engineer(2_001), 'orders-look')).status, 201)
  t.match(chainHolds(await wholeLog()), { ok: true })
})
