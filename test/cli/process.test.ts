import '../support/loopback-only.js'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { version } from '../../src/version.js'
import { startIdentityProvider } from '../support/identity-provider.js'
import { account, people, roleArn, trustingRole, usualRules } from '../support/stint.js'
import { startSts, stsActions } from '../support/sts.js'

/** The process as an operator meets it: arguments, exit codes, signals. */

const cli = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const own = {
  accessKeyId: 'AKIAPROCESSPROCESS00',
  secretAccessKey: 'the-own-secret-key-of-the-process-000000',
}

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const { PATH = '', NODE_V8_COVERAGE, NODE_OPTIONS } = process.env
  return spawn(process.execPath, [cli, ...args], {
    env: {
      PATH,
      ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
      ...(NODE_OPTIONS !== undefined && { NODE_OPTIONS }),
      AWS_ACCESS_KEY_ID: own.accessKeyId,
      AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Run> {
  const child = start(args, env)
  let [out, err] = ['', '']
  child.stdout!.on('data', (text) => (out += text))
  child.stderr!.on('data', (text) => (err += text))
  const [code] = await once(child, 'close')
  return { code, out, err }
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'stint-process-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

t.test('help, version and what is no command', async (t) => {
  t.match(await run(['--version']), { code: 0, out: `${version}\n`, err: '' })
  t.match(await run(['--help']), { code: 0, out: /config[^]*serve/ })
  t.match(await run(['serve', '--help']), { code: 0, out: /SIGHUP[^]*Example/ })
  t.match(await run(['frobnicate']), { code: 2, out: '', err: /unknown command 'frobnicate'/ })
  t.match(await run(['serve', '--nonsense']), { code: 2, out: '', err: /unknown option/ })
})

t.test('cost prices a policy without asking anybody', async (t) => {
  const path = join(folder(t), 'policy.json')
  const config = join(folder(t), 'stint.yaml')
  const policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'ec2:RunInstances', Resource: '*' }],
  }
  writeFileSync(path, JSON.stringify(policy))
  const example = readFileSync(new URL('../../../stint.example.yaml', import.meta.url), 'utf8')
  writeFileSync(config, example)
  t.match(await run(['cost', path, '--regions', 'us-east-1', '--window', '2h']), {
    code: 0,
    out: /^Could cost up to \$[0-9,.]+\.[^]*1,152 vCPU x \$0\.21325[^]*x 26 h[^]*would have to agree/,
    err: '',
  })
  const json = await run(['cost', path, '--account', '123456789012', '--config', config, '--json'])
  t.match(JSON.parse(json.out), {
    bound: Number,
    receipt: { regions: ['us-east-1', 'eu-west-1'], window: 3_600_000 },
  })
  t.match(await run(['cost', path, '--account', '1', '--config', config]), {
    code: 2,
    err: /There is no account 1/,
  })
  t.match(await run(['cost', path, '--regions', 'us-east-1, us-esat-1']), {
    code: 2,
    out: '',
    err: /us-esat-1 is no region; did you mean us-east-1/,
  })
  t.match(
    await run(['cost', path, '--account', '123456789012', '--config', config, '--regions', 'eu-west-3']),
    { code: 2, err: /eu-west-3 is not among the regions of account 123456789012/ },
  )
  t.match(await run(['cost', path, '--window', 'soon']), { code: 2, err: /must be a duration/ })
  writeFileSync(path, '{"Statement": [{"Effect": "Allow", "Action": 1}]}')
  t.match(await run(['cost', path]), { code: 2, out: '', err: /policy\.json \/Statement\/0/ })
})

t.test('the commands that need no broker', async (t) => {
  const path = join(folder(t), 'stint.yaml')
  writeFileSync(path, readFileSync(new URL('../../../stint.example.yaml', import.meta.url), 'utf8'))
  const role = 'arn:aws:iam::999999999999:role/stint'
  t.match(await run(['lint'], { STINT_CONFIG: path }), {
    code: 0,
    out: /^0 errors, .* in 1 file\.\n$/,
    err: '',
  })
  t.match(await run(['lint', `${path}.not`]), { code: 2, out: '', err: /cannot be read \(ENOENT\)/ })
  t.match(
    await run([
      'explain',
      'deploy',
      '-c',
      path,
      '--action',
      's3:PutObject',
      '--resource',
      'arn:aws:s3:::x/y',
    ]),
    {
      code: 3,
      out: /^deploy in account 123456789012\n[^]*is not allowed/,
    },
  )
  t.match(await run(['roles', 'init', 'deploy', '-c', path, '--broker', role]), {
    code: 0,
    out: /"trustPolicy"/,
  })
  t.match(await run(['roles', 'init', 'deploy', '-c', path]), {
    code: 2,
    err: /'--broker <arn>' not specified/,
  })
})

t.test('config check says all that is wrong, with its place, and exits so', async (t) => {
  const path = join(folder(t), 'stint.yaml')
  const example = readFileSync(new URL('../../../stint.example.yaml', import.meta.url), 'utf8')
  writeFileSync(path, example)
  t.match(await run(['config', 'check', '--config', path]), {
    code: 0,
    out: /is valid: 2 issuers, 2 roles, \d approval rules, 1 deny entry\.\nhash [0-9a-f]{64}\n/,
    err: /warn No key signs checkpoints/,
  })
  t.match(await run(['config', 'check'], { STINT_CONFIG: path }), { code: 0 }, 'by the environment')
  writeFileSync(
    path,
    example.replace('votes: 2', 'votes: 0').replace('who: { groups: [engineers] }', 'who: {}'),
  )
  const broken = await run(['config', 'check', '-c', path])
  t.match(broken, { code: 9, out: '' })
  t.match(
    broken.err,
    /stint\.yaml:\d+:\d+ roles\.orders-debug\.who: .*\n.*stint\.yaml:\d+:\d+ approvals\[1\]\.votes: /,
  )
  t.match(await run(['config', 'check', '-c', `${path}.not`]), {
    code: 2,
    out: '',
    err: /cannot be read \(ENOENT\)/,
  })
})

/** A serving process with all that it needs on loopback. */
async function serving(t: Test) {
  const home = folder(t)
  const idp = await startIdentityProvider()
  const sts = await startSts({
    clock: Date.now,
    roles: { [roleArn('orders-debug')]: trustingRole },
    broker: { ...own, arn: `arn:aws:iam::${account}:user/stint`, allow: stsActions },
  })
  const path = join(home, 'stint.yaml')
  const file = (rules: string) =>
    writeFileSync(
      path,
      `issuers: [{ issuer: "${idp.issuer}", directory: corp, audience: stint, claims: { groups: groups, keep: [repository] } }]\n${rules.replace('from: [office]', 'from: any')}`,
    )
  file(usualRules)
  const env = { STINT_STORE: join(home, 'stint.db'), AWS_ENDPOINT_URL_STS: sts.url }
  const child = start(['serve', '--config', path], { STINT_LISTEN: '127.0.0.1:0', ...env })
  const closed = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await Promise.all([closed, idp.close(), sts.close()])
  })
  const lines: string[] = []
  const watchers = new Set<() => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    for (const look of watchers) look()
  })
  child.stderr!.on('data', (text) => lines.push(String(text)))

  /** The first line that matches, whether it was or will be. */
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = lines.find((text) => pattern.test(text))
        if (line !== undefined) resolve(line)
      }
      watchers.add(look)
      look()
      void closed.then(() => reject(new Error(`ended without saying ${pattern}:\n${lines.join('\n')}`)))
    })
  const listening = JSON.parse(await said(/Server listening/)) as { readonly msg: string }
  const url = /http:\S+/.exec(listening.msg)![0]
  const ask = (role = 'orders-debug') =>
    fetch(`${url}/v1/grants`, {
      method: 'POST',
      headers: { authorization: `Bearer ${idp.token(people.ana)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ role, reason: 'an order is stuck in checkout' }),
    })
  return { url, idp, sts, child, closed, said, file, ask, path, env }
}

t.test(
  'serve: reloads on SIGHUP if and only if all of it is valid, and finishes what is under way',
  async (t) => {
    const stint = await serving(t)
    t.equal((await fetch(`${stint.url}/healthz`)).status, 200)
    t.equal((await stint.ask()).status, 201, 'with its own credentials from the environment')
    t.equal((await stint.ask('orders-look')).status, 403)

    const check = await run(['roles', 'check', 'orders-debug', '-c', stint.path], stint.env)
    t.match(
      check,
      { code: 0, out: /^ok .*\nok .*\n2 of 2 could be assumed\.\n$/ },
      'beside a broker that runs',
    )
    t.equal((await stint.ask()).status, 201, 'which goes on with the record')

    stint.file(usualRules.replaceAll('orders-debug:', 'orders-look:'))
    stint.child.kill('SIGHUP')
    await stint.said(/configuration loaded/)
    t.equal((await stint.ask('orders-look')).status, 201, 'the new rules')

    stint.file(usualRules.replace('votes: 1', 'votes: none'))
    stint.child.kill('SIGHUP')
    await stint.said(/configuration refused/)
    t.equal((await stint.ask('orders-look')).status, 201, 'the old ones stay')

    const hold = stint.sts.hold()
    const asking = stint.ask('orders-look')
    await hold.arrived()
    stint.child.kill('SIGTERM')
    await stint.said(/shutting down/)
    hold.release()
    const answer = await asking
    t.equal(answer.status, 201, 'what was under way is finished')
    t.match(await answer.json(), { credentials: { secretAccessKey: String } })
    t.strictSame(await stint.closed, [0, null])
  },
)

t.test('serve: says why it cannot start, and exits so', async (t) => {
  const path = join(folder(t), 'stint.yaml')
  writeFileSync(path, 'roles: {}\n')
  t.match(await run(['serve', '-c', path]), { code: 9, err: /stint\.yaml.*issuers/ })
  t.match(await run(['serve', '-c', `${path}.not`]), { code: 2, err: /cannot be read \(ENOENT\)/ })

  const stint = await serving(t)
  const taken = await run(['serve', '-c', stint.path], {
    STINT_LISTEN: new URL(stint.url).host,
    STINT_STORE: join(folder(t), 'other.db'),
  })
  t.match(taken, { code: 9, err: /cannot listen there: EADDRINUSE/ })
  const nowhere = await run(['serve', '-c', stint.path], {
    STINT_STORE: join(folder(t), 'no', 'such', 'folder.db'),
  })
  t.match(nowhere, { code: 8, err: /folder must exist/ })
  t.notMatch(nowhere.err, /\n\s+at /, 'no stack on a terminal')
})
