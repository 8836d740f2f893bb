import '../support/loopback-only.js'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { signedRequest, startAwsService } from '../support/aws-service.js'
import { createMachine, program, startOpenStint, type Machine } from '../support/command-line.js'
import { without } from '../support/programs.js'

/**
 * AWS's own clients with credentials from `stint`: the AWS CLI, and the providers of the JavaScript SDK. They call a
 * service on loopback that evaluates the session policy at each call.
 */

const root = fileURLToPath(new URL('../../../', import.meta.url))
const aws = existsSync('/usr/bin/aws') ? '/usr/bin/aws' : 'aws'
const minutes = 60_000

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** With a `life`, what is issued ends that soon by the clock of clients, which are other processes. */
async function world(t: Test, life = 15 * minutes) {
  const stint = await startOpenStint(t)
  stint.clock.advance(life - 15 * minutes)
  const service = await startAwsService({ clock: stint.clock, signedAt: Date.now, sts: stint.sts })
  t.teardown(service.close)
  const machine = createMachine(t, { STINT_URL: stint.url, STINT_TOKEN: stint.token('ana') })
  const process = (role: string) =>
    `credential_process = ${globalThis.process.execPath} ${program} credential-process ${role} --reason "order 42 is stuck"`
  mkdirSync(join(machine.home, '.aws'))
  writeFileSync(
    join(machine.home, '.aws', 'config'),
    `[profile orders]\nregion = us-east-1\n${process('orders-debug')}\n[profile repair]\nregion = us-east-1\n${process('orders-repair --ticket OPS-1')}\n`,
  )
  return { stint, service, machine }
}

async function finished(child: ChildProcess): Promise<Run> {
  let [out, err] = ['', '']
  child.stdout!.on('data', (text) => (out += String(text)))
  child.stderr!.on('data', (text) => (err += String(text)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

const quiet = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}
const bounded = { timeout: 90_000, killSignal: 'SIGKILL' } as const

const getItem = (url: string, table: string) => [
  ...['--endpoint-url', url, '--cli-read-timeout', '30', 'dynamodb', 'get-item'],
  ...['--table-name', table, '--key', '{"id":{"S":"42"}}', '--query', 'Item.status.S', '--output', 'text'],
]

/** The AWS CLI as somebody types it with a profile. */
const cli = ({ env }: Machine, profile: string, args: readonly string[]): Promise<Run> =>
  finished(spawn(aws, ['--profile', profile, ...args], { env: { ...env, ...quiet }, ...bounded }))

/** Prints the credentials that the SDK's default chain has, each time that a line comes in. */
const chain = `
import { createInterface } from 'node:readline'
import { STSClient } from '@aws-sdk/client-sts'
const client = new STSClient({ region: 'us-east-1' })
for await (const _ of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await client.config.credentials()))
`
const sdk = ['--input-type=module', '-e', chain]

/** A long-lived program with the JavaScript SDK; `credentials` are those that its next call would be signed with. */
function sdkProgram(
  t: Test,
  { env }: Machine,
  args: readonly string[],
  more: Readonly<Record<string, string>>,
) {
  const options = {
    cwd: root,
    env: { ...env, ...quiet, ...more },
    stdio: ['pipe', 'pipe', 'inherit'] as const,
    ...bounded,
  }
  const child = spawn(process.execPath, args, { ...options, stdio: [...options.stdio] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    async credentials() {
      child.stdin!.write('\n')
      const { value } = (await lines.next()) as { value: string | undefined }
      if (value === undefined) throw new Error('The program has ended.')
      return JSON.parse(value) as { accessKeyId: string; secretAccessKey: string; sessionToken: string }
    },
    async end() {
      child.stdin!.end()
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
  }
}

type Keys = Awaited<ReturnType<ReturnType<typeof sdkProgram>['credentials']>>
const status = async (url: string, keys: Keys, table = 'orders') =>
  (await signedRequest({ url, action: 'GetItem', table, region: 'us-east-1', keys, clock: Date.now })).status

t.test('ten processes at once are one call of the broker', { skip: without('aws') }, async (t) => {
  const { stint, service, machine } = await world(t)
  const own = ['credential-process', 'orders-debug', '--reason', 'order 42 is stuck']
  const [clis, processes] = await Promise.all([
    Promise.all(Array.from({ length: 3 }, () => cli(machine, 'orders', getItem(service.url, 'orders')))),
    Promise.all(Array.from({ length: 7 }, () => machine.run(own))),
  ])
  for (const run of clis) t.strictSame(run, { code: 0, out: 'shipped\n', err: '' })
  t.equal(new Set(processes.map(({ code, out }) => `${code} ${out}`)).size, 1, 'all have the same')
  t.equal(stint.sts.calls.length, 1, 'credentials were issued once')
  const grants = (await stint.call('GET', '/v1/grants', { as: 'cy' })).body['grants']!
  t.equal([...grants].length, 1, 'and asked for once')

  const beside = await cli(machine, 'orders', getItem(service.url, 'payroll'))
  t.match(beside, { code: 254, out: '', err: /AccessDeniedException.*no session policy allows/ })
  t.match(await cli(machine, 'repair', getItem(service.url, 'orders')), {
    code: 255,
    out: '',
    err: /Somebody must agree to orders-repair first\. Ask for it: stint ask orders-repair/,
  })
  t.equal(
    [...(await stint.call('GET', '/v1/grants?state=pending', { as: 'cy' })).body['grants']!].length,
    0,
    'and nobody was disturbed',
  )
})

t.test('across an expiry', { skip: without('aws') }, async (t) => {
  const life = 25_000
  const { stint, service, machine } = await world(t, life)
  const ask = { role: 'orders-debug', reason: 'order 42 is stuck' }
  await stint.ask('ana', ask, { from: '127.0.0.1' })
  const issued = () => stint.sts.calls.length - 1

  const process = sdkProgram(t, machine, sdk, { AWS_PROFILE: 'orders' })
  const first = await process.credentials()
  const deadline = Date.now() + life
  const served = sdkProgram(
    t,
    machine,
    [program, 'exec', 'orders-debug', '--server', '--', globalThis.process.execPath, ...sdk],
    {},
  )
  const firstServed = await served.credentials()
  t.equal(firstServed.accessKeyId, first.accessKeyId, 'what is kept serves both')
  t.equal(await status(service.url, first), 200)
  t.equal(await status(service.url, first, 'payroll'), 400)
  t.match(await cli(machine, 'orders', getItem(service.url, 'orders')), { code: 0, out: 'shipped\n' })
  t.equal(issued(), 1)

  await sleep(Math.max(0, deadline - Date.now()))
  stint.clock.advance(Date.now() - stint.clock())
  t.equal(await status(service.url, first), 400, 'they have ended')
  const [second, secondServed, after] = await Promise.all([
    process.credentials(),
    served.credentials(),
    cli(machine, 'orders', getItem(service.url, 'orders')),
  ])
  t.match(after, { code: 0, out: 'shipped\n' })
  t.equal(await status(service.url, second), 200, 'the SDK has fetched others by itself')
  t.equal(await status(service.url, secondServed), 200, 'from the endpoint too')
  t.not(second.accessKeyId, first.accessKeyId)
  t.ok(issued() <= 3, 'once for what is kept, once for the endpoint')
  t.equal(
    [...(await stint.call('GET', '/v1/grants', { as: 'cy' })).body['grants']!].length,
    1,
    'under one grant',
  )

  const inside = [
    program,
    'exec',
    'orders-debug',
    '--server',
    '--',
    aws,
    '--region',
    'us-east-1',
    ...getItem(service.url, 'orders'),
  ]
  t.match(
    await finished(
      spawn(globalThis.process.execPath, inside, { env: { ...machine.env, ...quiet }, ...bounded }),
    ),
    {
      code: 0,
      out: 'shipped\n',
    },
  )
  t.strictSame(await Promise.all([process.end(), served.end()]), [0, 0])
})
