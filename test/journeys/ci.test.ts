import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { signedRequest } from '../support/aws-service.js'
import { without } from '../support/programs.js'
import { startOffice, type Office } from '../support/office.js'
import { startStint, usualRules, type Stint } from '../support/stint.js'
import { listen } from '../support/wire.js'

/** What docs/ci.md has for GitHub and GitLab, run as their runners would, against Stint on loopback. */

const root = fileURLToPath(new URL('../../../', import.meta.url))
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Ran {
  readonly code: number | null
  readonly out: string
}

async function run(command: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out }
}

async function world(t: Test): Promise<{ stint: Stint; office: Office; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'stint-ci-'))
  const stint = await startStint()
  const office = await startOffice(stint)
  t.teardown(async () => {
    await Promise.all([office.close(), stint.close()])
    rmSync(folder, { recursive: true, force: true })
  })
  return { stint, office, folder }
}

const newest = async (stint: Stint) =>
  (await stint.call('GET', '/v1/grants?limit=1', { as: 'ola' })).body['grants']?.[0]

/** Agrees to the first ask that waits. */
async function agreeSoon(stint: Stint): Promise<void> {
  for (;;) {
    const grant = await newest(stint)
    if (grant?.['state'] === 'pending') {
      await stint.call('POST', `/v1/grants/${grant['id']}/votes`, { as: 'dan', body: { answer: 'yes' } })
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Whether these credentials read the table that the role is for. */
const works = async (
  stint: Stint,
  variables: Readonly<Record<string, string | undefined>>,
  action = 'GetItem',
) => {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = variables
  const keys = { accessKeyId, secretAccessKey, sessionToken: variables['AWS_SESSION_TOKEN'] ?? '' }
  const call = { url: stint.aws.url, action, table: 'orders', region: 'us-east-1', keys, clock: stint.clock }
  return (await signedRequest(call)).status
}

t.test('the action for GitHub', async (t) => {
  const { stint, office, folder } = await world(t)
  const action = parse(text('action.yml')) as {
    inputs: Record<string, { required?: boolean; default?: string }>
    outputs: Record<string, unknown>
    runs: { using: string; main: string; post: string; 'post-if': string }
  }
  // GitHub's own side: a token of this job for the audience that is asked for.
  const audiences: (string | null)[] = []
  const github = await listen(async (request, response) => {
    const asked = new URL(request.url ?? '', 'http://github').searchParams
    audiences.push(asked.get('audience'))
    const known = request.headers.authorization === 'Bearer the-runners-own' && asked.get('job') === '7'
    response.writeHead(known ? 200 : 401).end(JSON.stringify(known ? { value: stint.token('job') } : {}))
  })
  t.teardown(github.close)

  /** One step of a job: the inputs with their defaults, and the files that the runner hands out and reads back. */
  function step(inputs: Readonly<Record<string, string>>) {
    const files = { GITHUB_ENV: '', GITHUB_OUTPUT: '', GITHUB_STATE: '' }
    for (const name of Object.keys(files) as (keyof typeof files)[]) {
      files[name] = join(folder, `${name}-${Math.random()}`)
      writeFileSync(files[name], '')
    }
    const given = Object.entries(action.inputs).map(([name, { default: otherwise = '' }]) => [
      `INPUT_${name.toUpperCase()}`,
      inputs[name] ?? otherwise,
    ])
    const env = {
      ...(Object.fromEntries(given) as Record<string, string>),
      ...files,
      ACTIONS_ID_TOKEN_REQUEST_URL: `${github.url}/token?job=7`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-runners-own',
      GITHUB_WORKFLOW: 'deploy',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/orders',
      GITHUB_RUN_ID: '4711',
    }
    const read = (file: string) =>
      Object.fromEntries(
        [...readFileSync(file, 'utf8').matchAll(/^(\w+)<<(\S+)\n([^]*?)\n\2$/gm)].map(([, name, , value]) => [
          name,
          value,
        ]),
      ) as Record<string, string | undefined>
    return {
      main: (changes: Readonly<Record<string, string>> = {}) =>
        run([process.execPath, join(root, action.runs.main)], { ...env, ...changes }),
      /** After the job, in a process of its own that knows the state that was kept. */
      post: (changes: Readonly<Record<string, string>> = {}) => {
        const kept = Object.entries(read(files.GITHUB_STATE)).map(([name, value = '']) => [
          `STATE_${name}`,
          value,
        ])
        return run([process.execPath, join(root, action.runs.post)], {
          ...env,
          ...(Object.fromEntries(kept) as Record<string, string>),
          ...changes,
        })
      },
      variables: () => read(files.GITHUB_ENV),
      outputs: () => read(files.GITHUB_OUTPUT),
    }
  }
  const debug = { url: `${office.url}/`, role: 'orders-debug' }
  t.equal(action.runs['post-if'], 'always()', 'its end runs whatever became of the job')
  t.match(action.runs.using, /^node\d+$/)
  for (const name of text('docs/ci.md').matchAll(/^ {10}(\w+): /gm))
    t.ok(name[1]! in action.inputs, `input ${name[1]}`)

  await t.test('allowed at once: masked, in the environment, ended with the job', async (t) => {
    const one = step({ ...debug, actions: 'dynamodb:GetItem\n\n', resources: '', window: '30m' })
    const { code, out } = await one.main()
    t.equal(code, 0)
    const variables = one.variables()
    t.equal(await works(stint, variables), 200)
    t.equal(await works(stint, variables, 'Query'), 400, 'narrowed')
    t.match(variables, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' })
    const lines = out.split('\n')
    for (const secret of [variables['AWS_SECRET_ACCESS_KEY']!, variables['AWS_SESSION_TOKEN']!])
      t.strictSame(
        lines.filter((line) => line.includes(secret)),
        [`::add-mask::${secret.replaceAll('%', '%25')}`],
        'a secret is told to the masking alone',
      )
    const tokens = lines.filter((line) => line.includes('eyJ'))
    t.ok(tokens.length > 0 && tokens.every((line) => line.startsWith('::add-mask::')), 'and so is the token')
    t.match(await newest(stint), {
      id: one.outputs()['grant'],
      reason: 'deploy: https://github.com/acme/orders/actions/runs/4711',
      asker: { actor: 'corp#ana' },
    })
    t.ok(audiences.every((audience) => audience === 'stint'))

    t.match(await one.post(), { code: 0, out: /is ended/ })
    t.match(await newest(stint), { state: 'ended' })
    t.match(await one.post(), { code: 0, out: /::notice::[^]*is ended/ }, 'twice does no harm')
  })

  await t.test('what the workflow has set stays, and a lost answer is no second grant', async (t) => {
    const before = stint.sts.calls.length
    office.loseAnswers(1)
    const one = step({ ...debug, reason: 'lost on its way' })
    t.match(await one.main({ AWS_REGION: 'eu-west-1' }), { code: 0 })
    t.equal(stint.sts.calls.length - before, 2)
    t.notMatch(one.variables(), { AWS_REGION: /./ })
    t.equal(one.variables()['AWS_DEFAULT_REGION'], 'eu-west-1')
    const page = await stint.call('GET', '/v1/grants?text=lost+way', { as: 'ola' })
    t.equal([...(page.body['grants'] ?? [])].length, 1)
    await one.post()
  })

  await t.test('waits for approval; takes back what nobody agreed to', async (t) => {
    const repair = { ...debug, role: 'orders-repair', ticket: 'OPS-1' }
    const one = step(repair)
    const [ran] = await Promise.all([one.main(), agreeSoon(stint)])
    t.match(ran, { code: 0, out: /Waits for 1 of group leads/ })
    t.equal(await works(stint, one.variables(), 'PutItem'), 200)
    t.match(await one.post(), { out: /is ended/ })

    const alone = step({ ...repair, wait: '0' })
    t.match(await alone.main(), { code: 1, out: /::error::Nobody agreed within 0 minutes/ })
    t.match(await newest(stint), { state: 'pending' })
    t.match(await alone.post(), { code: 0, out: /is cancelled/ })
    t.match(await newest(stint), { state: 'cancelled' })
  })

  await t.test('says no in words, and hands out nothing', async (t) => {
    const denied = step({ ...debug, resources: 'arn:aws:dynamodb:us-east-1:123456789012:table/customers' })
    t.match(await denied.main(), { code: 1, out: /::error::.*table\/customers does not provably lie within/ })
    t.strictSame(denied.variables(), {})
    t.match(await denied.post(), { code: 0, out: /is denied/ })

    for (const [inputs, env, said] of [
      [{ ...debug, url: 'http://stint.example.com' }, {}, /::error::url must be the broker's address/],
      [{ ...debug, wait: 'long' }, {}, /::error::wait must be a number/],
      [debug, { ACTIONS_ID_TOKEN_REQUEST_URL: '' }, /::error::.*id-token: write/],
      [debug, { ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'another' }, /::error::.*its issuer answered 401/],
      [
        debug,
        { ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/' },
        /::error::The issuer of the job's token/,
      ],
    ] as const) {
      const one = step(inputs)
      t.match(await one.main(env), { code: 1, out: said })
      t.match(await one.post(), { code: 0, out: '' }, 'there is nothing to end')
    }
    // STS fails after the ask was accepted: the grant is there, and the job's end closes it.
    stint.sts.fail({ code: 'AccessDenied', status: 403 })
    const failed = step(debug)
    t.match(await failed.main(), { code: 1, out: /::error::/ })
    t.match(await newest(stint), { state: 'active' })
    t.match(await failed.post(), { code: 0, out: /is ended/ })
  })
})

t.test('the jobs for GitLab', { skip: without('curl', 'jq') }, async (t) => {
  const { stint, office, folder } = await world(t)
  const [, snippet = ''] = /^```yaml\n(\.stint:\n[^]*?)^```$/m.exec(text('docs/ci.md')) ?? []
  const job = (parse(snippet) as Record<string, unknown>)['.stint'] as {
    id_tokens: Record<string, { aud: string }>
    variables: Record<string, string>
    before_script: string[]
    after_script: string[]
  }
  t.strictSame(job.id_tokens, { STINT_ID_TOKEN: { aud: 'stint' } })
  let jobs = 0
  /** One job: its scripts in one shell that stops at the first failure, then what comes after in another. */
  async function gitlab(script: string, variables: Readonly<Record<string, string>> = {}) {
    const env = {
      ...job.variables,
      STINT_REASON: 'pipeline https://gitlab.example.com/acme/orders/-/pipelines/4711',
      STINT_URL: office.url,
      STINT_ROLE: 'orders-debug',
      STINT_ID_TOKEN: stint.token('job'),
      CI_PROJECT_DIR: mkdtempSync(join(folder, 'job-')),
      CI_JOB_ID: String((jobs += 1)),
      ...variables,
    }
    const shell = (lines: readonly string[]) => run(['sh', '-c', `set -e\n${lines.join('\n')}`], env)
    const during = await shell([...job.before_script, script])
    return { during, after: await shell(job.after_script) }
  }
  const show = 'env | grep ^AWS_'

  const allowed = await gitlab(show)
  t.equal(allowed.during.code, 0)
  const variables = Object.fromEntries(
    allowed.during.out.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  ) as Record<string, string>
  t.equal(await works(stint, variables), 200)
  t.match(allowed.after, { code: 0, out: 'stint: ended\n' })
  t.match(await newest(stint), { state: 'ended' })

  t.strictSame((await gitlab('true')).during, { code: 0, out: '' }, 'nothing of it is in the log')

  const failing = await gitlab('false')
  t.match(failing, { during: { code: 1 }, after: { code: 0, out: 'stint: ended\n' } })

  t.match(await gitlab(show, { STINT_ROLE: 'payroll' }), {
    during: { code: 1, out: /^stint: .*payroll/ },
    after: { code: 0, out: '' },
  })

  stint.rules = usualRules.replace('ticket: OPS-*', '')
  await stint.app.reload()
  const [waited] = await Promise.all([gitlab(show, { STINT_ROLE: 'orders-repair' }), agreeSoon(stint)])
  t.match(waited, { during: { code: 0, out: /waits for approval\n[^]*AWS_SESSION_TOKEN=/ } })
  t.match(waited.after.out, 'stint: ended')
  t.match(await gitlab(show, { STINT_ROLE: 'orders-repair', STINT_MINUTES: '0' }), {
    during: { code: 1, out: 'stint: pending\n' },
    after: { out: 'stint: cancelled\n' },
  })
})
