import t, { type Test } from 'tap'
import { evaluate, type PolicyJson } from '../support/iam-evaluate.js'
import { signedRequest } from '../support/aws-service.js'
import {
  boundary,
  roleArn,
  startStint,
  usualRules,
  type Answer,
  type CallOptions,
  type Json,
  type Stint,
} from '../support/stint.js'

/** Promise 9, in AWS: who was revoked is refused by the service itself, and their neighbour works on. */

const debug = { role: 'orders-debug', reason: 'an order is stuck in checkout' }
const arn = roleArn('orders-debug')
const name = 'StintRevocations'
const revoking = (how: 'inline' | 'attach') =>
  `${usualRules.replace('from: [office]', `from: [office]\n    revoke: ${how}`)}\nrevoking: { assume: '${roleArn('revoker').replace('123456789012', '{account}')}' }\n`

async function withIam(t: Test, how: 'inline' | 'attach' = 'inline'): Promise<Stint> {
  const stint = await startStint({ rules: revoking(how) })
  t.teardown(() => stint.close())
  stint.iam.role(arn).boundary = boundary
  return stint
}

const idOf = (answer: Answer): string => String(answer.body['grant']?.['id'])
const revoke = (stint: Stint, body: object) =>
  stint.call('POST', '/v1/revocations', { as: 'ola', body: { reason: 'a laptop was stolen', ...body } })
const lift = (stint: Stint, { body }: Answer) =>
  stint.call('POST', `/v1/revocations/${body['id']}/lift`, { as: 'ola', body: { reason: 'found' } })
const close = (stint: Stint, id: string, how: 'end' | 'revoke', as: CallOptions['as']) =>
  stint.call('POST', `/v1/grants/${id}/${how}`, { as: as!, body: { reason: 'this has to stop' } })
const rolesOf = ({ body }: Answer) => (body['roles'] ?? []) as unknown as readonly Json[]

async function use(stint: Stint, { body }: Answer) {
  const keys = body['credentials'] as unknown as Record<
    'accessKeyId' | 'secretAccessKey' | 'sessionToken',
    string
  >
  const { url } = stint.aws
  const call = { action: 'GetItem', table: 'orders', region: 'us-east-1', keys, clock: stint.clock }
  const { status, message = '' } = await signedRequest({ url, ...call })
  return status === 200 ? 'works' : /explicit deny in an identity-based/.test(message) ? 'denied' : message
}

const written = (stint: Stint) => stint.iam.role(arn).inline.get(name)
/** Until a job has done its turn; each look lets it run. */
async function until(holds: () => boolean | Promise<boolean>) {
  for (let looks = 0; looks < 200; looks++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('never came to be so')
}

t.test('a grant: its sessions are refused by name, and the neighbour works on', async (t) => {
  const stint = await withIam(t)
  stint.iam.role(arn).inline.set('theirs', JSON.stringify({ Version: '2012-10-17', Statement: [] }))
  const [mine, theirs] = [await stint.ask('ana', debug), await stint.ask('ben', debug)]
  const again = await stint.call('POST', `/v1/grants/${idOf(mine)}/credentials`, { as: 'ana' })
  stint.sts.reset('after')
  stint.sts.fail({ code: 'AccessDenied', status: 403 })
  await stint.call('POST', `/v1/grants/${idOf(mine)}/credentials`, { as: 'ana' })
  const lost = stint.sts.sessions.at(-1)!
  const ended = await close(stint, idOf(mine), 'revoke', 'ola')
  t.match(ended.body, {
    state: 'revoked',
    sessions: { aws: 'written', writtenAt: String, detail: /written at .*within minutes/ },
  })
  t.strictSame([await use(stint, mine), await use(stint, again)], ['denied', 'denied'])
  t.equal(await use(stint, theirs), 'works')
  t.match(JSON.parse(written(stint)!), {
    Statement: [{ Effect: 'Deny', Condition: { StringLike: { 'aws:userid': Array } } }],
  })
  t.match(written(stint), lost.sessionName, 'and one whose answer was lost')
  t.ok(stint.iam.role(arn).inline.has('theirs'), 'no other policy is touched')

  // The holder's own end does the same, and the policy holds both.
  t.match(await close(stint, idOf(theirs), 'end', 'ben'), { body: { sessions: { aws: 'written' } } })
  t.strictSame([await use(stint, mine), await use(stint, theirs)], ['denied', 'denied'])
  t.equal(await use(stint, await stint.ask('ben', debug)), 'works')

  const events = await stint.call('GET', '/v1/audit/events?kind=revocation.written', { as: 'cy' })
  const [first] = [...((events.body['events'] ?? []) as unknown as readonly Json[])]
  t.match(JSON.parse(String(first?.['text'])), {
    by: 'stint',
    data: { arn, how: 'inline', policy: { Statement: Array }, iamRequestId: String },
  })
  const assumed = stint.sts.calls.filter(({ parameters }) => parameters['RoleArn'] === roleArn('revoker'))
  t.match(
    JSON.parse(assumed[0]!.parameters['Policy']!),
    { Statement: [{ Resource: arn }] },
    'the revoker’s session is fit for this one role',
  )

  // Once the sessions have ended by themselves, the policy goes.
  stint.clock.advance(4 * 3_600_000)
  await until(() => written(stint) === undefined)
  const { body } = await stint.call('GET', `/v1/grants/${idOf(mine)}`, { as: 'ana' })
  t.equal(body['sessions'], undefined)
})

t.test('a person, a role, everything: what was issued before, and nothing that comes after', async (t) => {
  const stint = await withIam(t)
  let [ana, ben] = [await stint.ask('ana', debug), await stint.ask('ben', debug)]
  const job = await stint.ask('job', debug)
  const person = await revoke(stint, { of: 'subject', name: 'corp#ana' })
  t.match(person.body, { roles: [{ arn, role: 'orders-debug', aws: 'written' }] })
  t.strictSame(
    [await use(stint, ana), await use(stint, job), await use(stint, ben)],
    ['denied', 'denied', 'works'],
    'the run on their behalf too',
  )
  stint.clock.advance(2 * 60_000)
  await lift(stint, person)
  ana = await stint.ask('ana', debug)
  t.equal(await use(stint, ana), 'works', 'what came after it')

  for (const of of [{ of: 'role', name: 'orders-debug' }, { of: 'all' }]) {
    const revoked = await revoke(stint, of)
    t.match(rolesOf(revoked), [{ arn, aws: 'written' }])
    t.strictSame([await use(stint, ana), await use(stint, ben)], ['denied', 'denied'])
    const read = await stint.call('GET', `/v1/revocations/${revoked.body['id']}`, { as: 'cy' })
    t.match(rolesOf(read), [{ arn, aws: 'written', detail: /within minutes/ }])
    stint.clock.advance(2 * 60_000)
    await lift(stint, revoked)
    ana = await stint.call('POST', `/v1/grants/${idOf(ana)}/credentials`, { as: 'ana' })
    ben = await stint.call('POST', `/v1/grants/${idOf(ben)}/credentials`, { as: 'ben' })
    t.strictSame([await use(stint, ana), await use(stint, ben)], ['works', 'works'], 'collected again')
  }
})

t.test('what IAM does not take is told, recorded, and tried again until it does', async (t) => {
  const stint = await withIam(t)
  const mine = await stint.ask('ana', debug)
  stint.iam.fail('Throttling', 400)
  const ended = await close(stint, idOf(mine), 'end', 'ana')
  t.match(ended.body['sessions'], { aws: 'due', fault: 'iam_throttled', detail: /tried again.*works, until/ })
  t.equal(await use(stint, mine), 'works', 'and that is the truth')
  stint.clock.advance(6_000)
  await until(async () => (await use(stint, mine)) === 'denied')
  const read = () => stint.call('GET', `/v1/grants/${idOf(mine)}`, { as: 'ana' })
  await until(async () => (await read()).body['sessions']?.['aws'] === 'written')
  const kinds = await stint.call('GET', '/v1/audit/events?kind=revocation.failed', { as: 'cy' })
  t.match(kinds.text, /iam_throttled/)

  // Without the boundary that keeps the revoker from widening the role, AWS refuses, and Stint says whom to ask.
  delete stint.iam.role(arn).boundary
  const theirs = await stint.ask('ben', debug)
  const refused = await close(stint, idOf(theirs), 'end', 'ben')
  t.match(refused.body['sessions'], { aws: 'due', fault: 'iam_denied' })
  t.match((await stint.call('GET', '/metrics')).text, /stint_iam_seconds_count\{outcome="iam_denied"\} 1/)
})

t.test('a role that does not allow it: the credentials live, and the answer says until when', async (t) => {
  const stint = await startStint()
  t.teardown(() => stint.close())
  const mine = await stint.ask('ana', { ...debug, window: '10m' })
  const ended = await close(stint, idOf(mine), 'end', 'ana')
  t.match(ended.body['sessions'], { aws: 'none', detail: /Nothing is denied in AWS/ })
  const person = await revoke(stint, { of: 'subject', name: 'corp#ana' })
  t.match(rolesOf(person), [{ aws: 'none' }])
  t.equal(await use(stint, mine), 'works')
  t.strictSame(stint.iam.calls, [])
  stint.clock.advance(Date.parse(ended.body['sessions']!['until'] as string) - stint.clock() + 1_000)
  t.not(await use(stint, mine), 'works')
})

t.test('no room for single sessions: all that were issued before are denied', async (t) => {
  const stint = await withIam(t)
  const filler = (length: number): PolicyJson => ({
    Version: '2012-10-17',
    Statement: [{ Sid: 'x'.repeat(length), Effect: 'Allow', Action: 'sqs:ListQueues', Resource: '*' }],
  })
  const [mine, theirs] = [await stint.ask('ana', debug), await stint.ask('ben', debug)]
  for (let n = 0; n < 4; n++) await stint.call('POST', `/v1/grants/${idOf(mine)}/credentials`, { as: 'ana' })
  stint.iam.role(arn).inline.set('theirs', JSON.stringify(filler(9_850), null, 4))
  t.match((await close(stint, idOf(mine), 'end', 'ana')).body['sessions'], { aws: 'written' })
  t.strictSame([await use(stint, mine), await use(stint, theirs)], ['denied', 'denied'])
  stint.clock.advance(2 * 60_000)
  const fresh = await stint.call('POST', `/v1/grants/${idOf(theirs)}/credentials`, { as: 'ben' })
  t.equal(await use(stint, fresh), 'works', 'whose window is open collects again')

  stint.iam.role(arn).inline.set('theirs', JSON.stringify(filler(10_100)))
  const last = await close(stint, idOf(theirs), 'end', 'ben')
  t.match(last.body['sessions'], { aws: 'due', fault: 'iam_no_room' })
})

t.test('attaching AWS’s deny-all: for a person and more, never for one grant', async (t) => {
  const stint = await withIam(t, 'attach')
  const { attached } = stint.iam.role(arn)
  const [mine, theirs] = [await stint.ask('ana', debug), await stint.ask('ben', debug)]
  const ended = await close(stint, idOf(mine), 'end', 'ana')
  t.match(ended.body['sessions'], { aws: 'none' }, 'one who is done must not stop the others')
  t.equal(await use(stint, theirs), 'works')
  const revoked = await revoke(stint, { of: 'role', name: 'orders-debug' })
  t.match(rolesOf(revoked), [{ aws: 'written' }])
  t.strictSame([...attached], ['arn:aws:iam::aws:policy/AWSDenyAll'])
  t.equal(await use(stint, theirs), 'denied')
  t.equal(stint.iam.role(arn).inline.size, 0)
  await lift(stint, revoked)
  await until(() => attached.size === 0)
  const fresh = await stint.call('POST', `/v1/grants/${idOf(theirs)}/credentials`, { as: 'ben' })
  t.equal(await use(stint, fresh), 'works')
})

t.test('two that revoke in one role at once: the policy holds both', async (t) => {
  const stint = await withIam(t)
  const [mine, theirs] = [await stint.ask('ana', debug), await stint.ask('ben', debug)]
  const hold = stint.iam.hold()
  const first = close(stint, idOf(mine), 'end', 'ana')
  await hold.arrived()
  // While the first is at IAM, the second finds the role taken, and is due.
  const second = await close(stint, idOf(theirs), 'end', 'ben')
  t.match(second.body['sessions'], { aws: 'due' })
  hold.release()
  t.match((await first).body['sessions'], { aws: 'written' })
  await until(async () => (await use(stint, theirs)) === 'denied')
  t.equal(await use(stint, mine), 'denied')
  const policy = JSON.parse(written(stint)!) as PolicyJson
  const verdict = evaluate(
    { session: policy, role: policy },
    { action: 'dynamodb:GetItem', resource: '*', context: { 'aws:userid': 'AROAX:somebody-else' } },
  )
  t.not(verdict, 'deny', 'another evaluator says the same of a stranger')
})
