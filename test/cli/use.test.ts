import '../support/loopback-only.js'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import t, { type Test } from 'tap'
import { createMachine, startOpenStint, type Machine } from '../support/command-line.js'
import { account, table } from '../support/stint.js'

/** Asking, and using what was granted, as an engineer does it. */

const stint = await startOpenStint(t)

/** Ana's machine; each test has its own, and asks for what others have not left open. */
const anas = (t: Test, who: 'ana' | 'ben' | 'job' = 'ana'): Machine =>
  createMachine(t, { STINT_URL: stint.url, STINT_TOKEN: stint.token(who) })

const grantsOf = async (query: string) =>
  (await stint.call('GET', `/v1/grants?${query}`, { as: 'cy' })).body['grants'] as unknown as readonly {
    id: string
  }[]
const closeAll = async () => {
  for (const { id } of await grantsOf('state=active&state=pending'))
    await stint.call('POST', `/v1/grants/${id}/revoke`, { as: 'ola', body: { reason: 'the test is over' } })
}
t.beforeEach(() => closeAll())

const why = ['--reason', 'order 42 is stuck']
const asks = async () => (await grantsOf('limit=1000')).length
const calls = () => stint.sts.sessions.length
const keptFile = (home: string) => {
  const folder = join(home, '.local', 'state', 'stint', 'credentials')
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.json')) ?? '')
}

t.test('ask: what is allowed, what needs somebody, what is refused; each has its exit code', async (t) => {
  const { run, start } = anas(t)
  const allowed = await run(['ask', 'orders-debug', '--reason', 'order 42 is stuck', '--for', '30m'])
  t.match(allowed, {
    code: 0,
    out: /^[0-9A-Z]{26}\n$/,
    err: /^(Asking [^\n]*\n)?Allowed\.\n  orders-debug in prod \(123456789012\), [^\n]*for 30m\n[^]*Active until/,
  })
  const tried = await run([
    'try',
    'orders-repair',
    '--ticket',
    'OPS-1',
    '--reason',
    'order 42 is stuck',
    '--json',
  ])
  t.match(tried, { code: 5 })
  t.match(JSON.parse(tried.out), { outcome: 'approve', requirements: [{ rule: 'repair' }] })
  const before = await asks()
  t.match(
    await run(['try', 'orders-debug', '--reason', 'order 42 is stuck', '--action', 'dynamodb:DeleteTable']),
    {
      code: 3,
      out: '',
      err: /Refused\.[^]*dynamodb:DeleteTable/,
    },
  )
  t.equal(await asks(), before, 'a dry run asks for nothing')
  const refused = await run([
    'ask',
    'orders-debug',
    '--reason',
    'x',
    '--action',
    'dynamodb:DeleteTable',
    '--json',
  ])
  t.match(refused, { code: 3, err: /dynamodb:DeleteTable/ })
  t.match(JSON.parse(refused.out), { problem: { code: 'denied', checks: Array } })
  t.match(await run(['ask', 'orders-debug', '--for', 'soon']), { code: 2, err: /must be a duration/ })
  t.match(await run(['ask', 'nothing', '--reason', 'order 42 is stuck']), { code: 3 })

  const waiting = await run([
    'ask',
    'orders-repair',
    '--ticket',
    'OPS-1',
    '--reason',
    'order 42 is stuck',
    '--no-wait',
  ])
  const id = waiting.out.trim()
  t.match(waiting, {
    code: 5,
    err: /Somebody must agree first\.[^]*repair: 1 vote by[^]*Go on with: stint wait [0-9A-Z]{26}\n$/,
  })
  const wait = start(['wait', id])
  let said = ''
  wait.stderr!.on('data', (text) => (said += text))
  while (!said.includes('Waiting for 1 of')) await once(wait.stderr!, 'data')
  wait.kill('SIGINT')
  t.equal((await once(wait, 'close'))[0], 5)
  t.match(said, new RegExp(`${id} still waits\\. Go on with: stint wait ${id}\\n$`))
  const again = start(['wait', id, '--json'])
  let out = ''
  again.stdout!.on('data', (text) => (out += text))
  const ended = once(again, 'close')
  t.equal(
    (await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })).status,
    200,
  )
  t.equal((await ended)[0], 0)
  t.match(JSON.parse(out), { id, state: 'active' })

  const denied = (
    await run(['ask', 'orders-repair', '--ticket', 'OPS-2', '--reason', 'order 42 again', '--no-wait'])
  ).out.trim()
  await stint.call('POST', `/v1/grants/${denied}/votes`, {
    as: 'bo',
    body: { answer: 'no', reason: 'not today' },
  })
  t.match(await run(['wait', denied]), { code: 3, err: /is denied by corp#bo: not today\.\n$/ })
  t.match(await run(['wait', '../roles']), { code: 2 })
})

t.test('ask --policy: one statement and nothing that would be dropped', async (t) => {
  const { run, home } = anas(t)
  const path = join(home, 'policy.json')
  const attempt = async (policy: unknown) => {
    writeFileSync(path, typeof policy === 'string' ? policy : JSON.stringify(policy))
    return run(['ask', 'orders-debug', '--reason', 'order 42 is stuck', '--policy', path, '--json'])
  }
  const allow = { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: [table('orders')] }
  const { code, out } = await attempt({ Version: '2012-10-17', Statement: [{ Sid: 'x', ...allow }] })
  t.equal(code, 0)
  t.match(JSON.parse(out), {
    scope: { statements: [{ actions: ['dynamodb:GetItem'], resources: [table('orders')] }] },
  })
  for (const policy of [
    '{',
    'null',
    { Statement: [allow, allow] },
    { Statement: { ...allow, Condition: {} } },
    { Statement: { ...allow, Effect: 'Deny' } },
    { Statement: { ...allow, Action: [1] } },
    {},
  ])
    t.match(await attempt(policy), { code: 2, err: /policy\.json cannot be asked for/ })
  t.match(await run(['ask', 'orders-debug', '--policy', path, '--action', 'x']), { code: 2, err: /either/ })
})

t.test("exec: the credentials work, the environment is clean, the end is the child's", async (t) => {
  const { run, start, home } = anas(t)
  const show = ['--', process.execPath, '-e', 'console.log(JSON.stringify(process.env))']
  const dirty = {
    AWS_PROFILE: 'old',
    AWS_SESSION_TOKEN: 'old',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/x',
    AWS_REGION: 'ap-south-1',
    KEEP: 'me',
  }
  const first = await run(['exec', 'orders-debug', '--reason', 'order 42 is stuck', ...show], dirty)
  t.equal(first.code, 0)
  const env = JSON.parse(first.out) as Record<string, string>
  t.match(env, {
    KEEP: 'me',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    STINT_GRANT: /^[0-9A-Z]{26}$/,
  })
  t.notOk('AWS_PROFILE' in env || 'AWS_WEB_IDENTITY_TOKEN_FILE' in env)
  t.not(env['AWS_SESSION_TOKEN'], 'old')
  t.ok(
    [...stint.sts.sessions.values()].some((session) =>
      JSON.stringify(session).includes(env['AWS_ACCESS_KEY_ID']!),
    ),
  )

  const [before, made] = [await asks(), calls()]
  const second = JSON.parse(
    (await run(['exec', 'orders-debug', ...why, ...show], { AWS_REGION: 'eu-west-1' })).out,
  ) as Record<string, string>
  t.match(second, { STINT_GRANT: env['STINT_GRANT'], AWS_REGION: 'eu-west-1' })
  t.same([await asks(), calls()], [before, made], 'what is open and fresh is used, not asked for again')

  const exits = (script: string) =>
    run(['exec', 'orders-debug', ...why, '--', process.execPath, '-e', script])
  t.match(await exits('process.exit(42)'), { code: 42, err: /^$/ })
  t.match(await exits("process.kill(process.pid, 'SIGKILL')"), { code: 137 })
  t.match(await run(['exec', 'orders-debug', ...why, '--', 'no-such-program']), {
    code: 127,
    err: /cannot be run \(ENOENT\)/,
  })
  t.match(await run(['exec', 'orders-debug', ...why, '--', home]), { code: 126 })
  t.match(await run(['exec', 'orders-debug', ...why]), { code: 2, err: /missing required argument/ })
  const hostile = ['$(touch x)', "it's", '-l', '--help', '', ' ']
  const quoting = await run([
    'exec',
    'orders-debug',
    ...why,
    '--',
    process.execPath,
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    '--',
    ...hostile,
  ])
  t.same(JSON.parse(quoting.out), hostile)

  const child = start([
    'exec',
    'orders-debug',
    ...why,
    '--',
    process.execPath,
    '-e',
    "process.on('SIGTERM',()=>process.exit(7));setInterval(()=>{},1e3);console.log('up')",
  ])
  await once(child.stdout!, 'data')
  child.kill('SIGTERM')
  t.equal((await once(child, 'close'))[0], 7, "a signal is the child's to answer")
})

t.test('two at once share one ask', async (t) => {
  const machine = anas(t)
  const before = await asks()
  const args = ['env', 'orders-debug', ...why, '--format', 'json']
  const runs = await Promise.all([1, 2, 3].map(() => machine.run(args)))
  t.same(
    runs.map(({ code }) => code),
    [0, 0, 0],
    runs.map(({ err }) => err).join(),
  )
  t.equal(new Set(runs.map(({ out }) => (JSON.parse(out) as { STINT_GRANT: string }).STINT_GRANT)).size, 1)
  t.equal(await asks(), before + 1)
})

t.test('env: each form reads back in its own reader, and fails there where there is nothing', async (t) => {
  const { run, env } = anas(t)
  const json = JSON.parse((await run(['env', 'orders-debug', ...why, '--format', 'json'])).out) as Record<
    string,
    string
  >
  const sh = await run(['env', 'orders-debug', ...why])
  const shell = spawnSync(
    'sh',
    ['-c', `${sh.out}\nprintf '%s|%s' "$AWS_SESSION_TOKEN" "\${AWS_PROFILE-gone}"`],
    { env: { ...env, AWS_PROFILE: 'x' }, encoding: 'utf8' },
  )
  t.equal(shell.stdout, `${json['AWS_SESSION_TOKEN']}|gone`)
  t.match(
    (await run(['env', 'orders-debug', ...why, '--format', 'fish'])).out,
    `set -gx AWS_ACCESS_KEY_ID '${json['AWS_ACCESS_KEY_ID']}'\n`,
  )
  t.match(
    (await run(['env', 'orders-debug', ...why, '--format', 'powershell'])).out,
    `$Env:AWS_ACCESS_KEY_ID = '${json['AWS_ACCESS_KEY_ID']}'\n`,
  )
  t.match(
    (await run(['env', 'orders-debug', ...why, '--format', 'dotenv'])).out,
    `AWS_ACCESS_KEY_ID=${json['AWS_ACCESS_KEY_ID']}\n`,
  )
  t.match(
    (await run(['env', 'orders-debug', ...why, '--format', 'ini'])).out,
    `[stint]\naws_access_key_id = ${json['AWS_ACCESS_KEY_ID']}\n`,
  )
  t.match(await run(['env', 'nothing', ...why]), { code: 3, out: 'false\n' })
  t.match(await run(['env', 'nothing', ...why, '--format', 'powershell']), { code: 3, out: /^throw / })
  t.match(await run(['env', 'nothing', ...why, '--format', 'dotenv']), { code: 3, out: '' })
})

t.test('credential-process: kept, private, one call for many, and quiet', async (t) => {
  const { run, home } = anas(t)
  const [before, made] = [await asks(), calls()]
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => run(['credential-process', 'orders-debug', ...why])),
  )
  const [first] = runs
  t.same(
    runs.map(({ code, err }) => [code, err]),
    Array(6).fill([0, '']),
  )
  t.equal(new Set(runs.map(({ out }) => out)).size, 1)
  t.same([await asks(), calls()], [before + 1, made + 1])
  const shown = JSON.parse(first!.out) as { Expiration: string }
  t.match(shown, {
    Version: 1,
    AccessKeyId: /^ASIA/,
    SecretAccessKey: String,
    SessionToken: String,
    AccountId: account,
  })
  const path = keptFile(home)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(lstatSync(join(path, '..')).mode & 0o777, 0o700)
  t.notOk(
    readdirSync(join(path, '..')).some((name) => /lock|[0-9a-f]{16}\.json\./.test(name)),
    'no lock, no draft stays',
  )

  // Without a broker and a token: what is kept is enough while it is fresh, and only then.
  const away = { STINT_URL: stint.url, STINT_TOKEN: '' }
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 0, out: first!.out })
  const kept = JSON.parse(readFileSync(path, 'utf8')) as {
    credentials: { expiresAt: string }
    issuedAt: number
  }
  const rewrite = (left: number, life: number, more: object = {}) =>
    writeFileSync(
      path,
      JSON.stringify({
        ...kept,
        issuedAt: Date.now() + left - life,
        credentials: { ...kept.credentials, expiresAt: new Date(Date.now() + left).toISOString() },
        ...more,
      }),
    )
  rewrite(5 * 60_000, 15 * 60_000)
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 0 }, 'a third is left')
  rewrite(3 * 60_000, 15 * 60_000)
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 4 }, 'a fifth is left')
  rewrite(30_000, 15 * 60_000, { endsAt: Date.now() + 30_000 })
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 0 }, 'nothing would live longer')
  rewrite(-1, 15 * 60_000, { endsAt: Date.now() - 1 })
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 4 }, 'they are over')

  // A file that others could read, or a link to one, is none.
  rewrite(14 * 60_000, 15 * 60_000)
  chmodSync(path, 0o644)
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 4 })
  chmodSync(path, 0o600)
  renameSync(path, `${path}.real`)
  symlinkSync(`${path}.real`, path)
  t.match(await run(['credential-process', 'orders-debug'], away), { code: 4 })
  const fresh = await run(['credential-process', 'orders-debug', ...why])
  t.match(fresh, { code: 0 }, 'the link is replaced, not followed')
  t.notOk(lstatSync(path).isSymbolicLink())
  t.not(readFileSync(`${path}.real`, 'utf8').includes(JSON.parse(fresh.out).AccessKeyId), true)

  const { grant } = JSON.parse(readFileSync(path, 'utf8')) as { grant: string }
  t.match(await run(['end', grant]), { code: 0 })
  t.notOk(existsSync(path), 'what is ended is not used on')

  // What is left by a process that is gone is taken over.
  writeFileSync(`${path}.lock`, '2147483646 dead')
  t.match(await run(['credential-process', 'orders-debug', ...why]), { code: 0 })
  t.notOk(existsSync(`${path}.lock`))
})

t.test('credential-process never disturbs an approver', async (t) => {
  const { run } = anas(t)
  const before = await asks()
  t.match(
    await run(['credential-process', 'orders-repair', '--ticket', 'OPS-1', '--reason', 'order 42 is stuck']),
    {
      code: 5,
      out: '',
      err: /Somebody must agree to orders-repair first\. Ask for it: stint ask orders-repair/,
    },
  )
  t.match(await run(['credential-process', 'nothing', ...why]), { code: 3, out: '' })
  t.equal(await asks(), before)
  const id = (
    await run(['ask', 'orders-repair', '--ticket', 'OPS-1', '--reason', 'order 42 is stuck', '--no-wait'])
  ).out.trim()
  t.match(await run(['credential-process', 'orders-repair']), {
    code: 5,
    out: '',
    err: new RegExp(`stint wait ${id}`),
  })
  await stint.call('POST', `/v1/grants/${id}/votes`, { as: 'bo', body: { answer: 'yes' } })
  t.match(await run(['credential-process', 'orders-repair']), { code: 0 })
  t.equal(await asks(), before + 1)
})

t.test(
  'exec --server: credentials from loopback for whoever has the token, as long as the grant lives',
  async (t) => {
    const { start } = anas(t)
    const child = start([
      'exec',
      'orders-debug',
      ...why,
      '--server',
      '--',
      process.execPath,
      '-e',
      'console.log(JSON.stringify(process.env));setInterval(()=>{},1e3)',
    ])
    const [line] = (await once(child.stdout!, 'data')) as [Buffer]
    const env = JSON.parse(String(line)) as Record<string, string>
    t.notOk('AWS_ACCESS_KEY_ID' in env)
    const [url, token] = [
      env['AWS_CONTAINER_CREDENTIALS_FULL_URI']!,
      env['AWS_CONTAINER_AUTHORIZATION_TOKEN']!,
    ]
    const get = (headers: Record<string, string>, target = url) => fetch(target, { headers })
    const good = await get({ authorization: token })
    t.equal(good.status, 200)
    t.match(await good.json(), {
      AccessKeyId: /^ASIA/,
      SecretAccessKey: String,
      Token: String,
      Expiration: String,
      AccountId: account,
    })
    for (const bad of [
      get({}),
      get({ authorization: `${token}x` }),
      get({ authorization: `Bearer ${token}` }),
      get({ authorization: token, origin: 'http://x' }),
      get({ authorization: token }, url.replace('127.0.0.1', 'localhost')),
      get({ authorization: token }, `${url}/x`),
    ])
      t.equal((await bad).status, 403)
    child.kill('SIGTERM')
    t.equal((await once(child, 'close'))[0], 143)
    await t.rejects(get({ authorization: token }), 'it ends with the command')
  },
)
