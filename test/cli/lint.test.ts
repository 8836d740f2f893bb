import { readFileSync } from 'node:fs'
import t from 'tap'
import { configCheck } from '../../src/cli/local/config-check.js'
import { explainFile, explainRole, type ExplainOptions } from '../../src/cli/local/explain.js'
import { lintFiles, type LintOptions } from '../../src/cli/local/lint.js'
import { setUpFormats, type SetUpFormat } from '../../src/cli/local/choices.js'
import { rolesInit } from '../../src/cli/local/roles-init.js'
import { rules } from '../../src/iam/lint/lint.js'

const example = readFileSync(new URL('../../../stint.example.yaml', import.meta.url), 'utf8')
const now = Date.parse('2026-11-24T12:00:00Z')

const lint = (files: Readonly<Record<string, string>>, options: Partial<LintOptions> = {}, at = now) =>
  lintFiles(
    Object.entries(files).map(([name, text]) => ({ name, text })),
    {},
    { format: 'text', failOn: 'error', ...options },
    at,
  )

const policy = (Action: string, Resource = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] }, null, 2)
const publish = "- { actions: [s3:PutObjectAcl], resources: ['arn:aws:s3:::shop-{account}/public/*'] }"
const accepted = `${example.replace('- actions: [s3:PutObject]', `${publish}\n      - actions: [s3:PutObject]`)}
exceptions:
  - { rule: outlives-session, roles: [deploy], because: Objects are published by their ACL., until: "2027-06-30" }
`

t.test('text: a finding a line, with its place; exit codes fit for CI', async (t) => {
  t.strictSame(await lint({ 'stint.yaml': example }), {
    exit: 0,
    out: '0 errors, 0 warnings, 0 allowed in 1 file.\n',
    err: '',
  })
  const { exit, out, err } = await lint({
    'a.json': policy('iam:PassRole'),
    'b.json': policy('dynamodb:PutItem'),
  })
  t.strictSame([exit, err], [9, ''])
  t.match(out, /^a\.json:4:5 \/Statement\/0 error pass-any-role: iam:PassRole is allowed on any role/)
  t.match(out, /\nb\.json:7:7 \/Statement\/0\/Resource warn wildcard-resource: /)
  t.match(out, /\n1 error, 1 warning, 0 allowed in 2 files with 2 policies\.\n$/)
  t.equal((await lint({ 'b.json': policy('dynamodb:PutItem') })).exit, 0, 'warnings alone do not fail')
  t.equal((await lint({ 'b.json': policy('dynamodb:PutItem') }, { failOn: 'warn' })).exit, 9)
  t.equal((await lint({ 'c.json': policy('dynamodb:ListTables') }, { failOn: 'warn' })).exit, 0)
})

t.test('an exception stands until its day is over', async (t) => {
  const [today, later] = [
    await lint({ 'stint.yaml': accepted }),
    await lint({ 'stint.yaml': accepted }, { failOn: 'warn' }, 2e12),
  ]
  t.match(today, {
    exit: 0,
    out: /allowed outlives-session: .*\(until 2027-06-30T23:59:59Z: Objects are published/,
  })
  t.match(today.out, /0 errors, 0 warnings, 1 allowed/)
  t.match(later, { exit: 9, out: /warn outlives-session: .*\(its exception ended 2027-06-30/ })

  const check = (at: number) => configCheck('stint.yaml', accepted, {}, at)
  t.match(check(now), { exit: 0, out: /stint\.yaml is valid/, err: /^stint\.yaml: warn No key signs .*\n$/ })
  t.match(check(2e12), {
    exit: 0,
    err: /^stint\.yaml:\d+:\d+ warn outlives-session: .* Its exception has ended\.\nstint\.yaml: warn No key signs .*\n$/,
  })
})

t.test('json and SARIF say the same', async (t) => {
  const files = { 'stint.yaml': accepted, 'my policies/a b.json': policy('iam:PassRole') }
  const json = JSON.parse((await lint(files, { format: 'json' })).out)
  t.match(json, {
    findings: [
      {
        file: 'stint.yaml',
        pointer: '/roles/deploy/ceiling/0',
        code: 'outlives-session',
        level: 'allowed',
        exception: Object,
      },
      {
        file: 'my policies/a b.json',
        line: 4,
        column: 5,
        pointer: '/Statement/0',
        code: 'pass-any-role',
        level: 'error',
      },
    ],
    counts: { error: 1, warn: 0, allowed: 1 },
  })
  const sarif = JSON.parse((await lint(files, { format: 'sarif' })).out)
  const [run] = sarif.runs
  t.equal(sarif.version, '2.1.0')
  t.equal(run.tool.driver.name, 'stint')
  for (const { code } of rules) t.ok(run.tool.driver.rules.some((rule: { id: string }) => rule.id === code))
  t.match(run.results, [
    {
      ruleId: 'outlives-session',
      level: 'note',
      suppressions: [{ kind: 'external', justification: /published/ }],
    },
    {
      ruleId: 'pass-any-role',
      level: 'error',
      message: { text: /any role/ },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'my%20policies/a%20b.json' },
            region: { startLine: 4, startColumn: 5 },
          },
          logicalLocations: [{ fullyQualifiedName: '/Statement/0' }],
        },
      ],
    },
  ])
  t.notOk('suppressions' in run.results[1])
  for (const { ruleId, ruleIndex } of run.results) t.equal(run.tool.driver.rules[ruleIndex].id, ruleId)
})

t.test('the accounts of a configuration are one’s own, and those that are named', async (t) => {
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:role/x' }, Action: 'sts:AssumeRole' },
    ],
  })
  t.match((await lint({ 't.json': trust })).out, /trust-no-external-id/)
  t.notMatch((await lint({ 't.json': trust, 'stint.yaml': example })).out, /trust-no-external-id/)
  t.notMatch((await lint({ 't.json': trust }, { account: ['210987654321'] })).out, /trust-no-external-id/)
  t.match(await lint({ 't.json': trust }, { account: ['21098765432'] }), { exit: 2, err: /is no account id/ })
})

t.test('files that are not what they should be', async (t) => {
  t.match(await lint({ 'stint.yaml': 'roles: {}' }), {
    exit: 9,
    out: '',
    err: /^stint\.yaml:1:1 issuers: is required/,
  })
  t.match(await lint({ 'template.yaml': 'Resources:\n  A: {}\n' }), {
    exit: 2,
    err: /looks like a CloudFormation template/,
  })
  t.match(await lint({ 'a.json': '{' }), { exit: 9, out: /^a\.json:1:1 error malformed: This is not JSON/ })
  const refused = example
    .replace('actions: [s3:PutObject]', 'actions: [iam:PassRole]')
    .replace('arn:aws:s3:::shop-{account}/*', '*')
  t.match(
    await lint({ 'stint.yaml': refused }),
    { exit: 9, out: /error pass-any-role/ },
    'what a load refuses is a finding here',
  )
  t.match(configCheck('stint.yaml', refused, {}, now), { exit: 9, err: /rule: pass-any-role/ })
})

t.test('what roles init prints passes', async (t) => {
  const init = (role: string | undefined, format: SetUpFormat, broker: string) =>
    rolesInit('stint.yaml', { file: example, env: {} }, role, {
      broker,
      format,
      ...(role === 'orders-debug' && { account: '123456789012' }),
    }).out
  for (const role of [undefined, 'deploy', 'orders-debug'])
    for (const format of setUpFormats) {
      // Only the broker's own account, or an external id, makes a foreign broker safe: orders-debug has none.
      const broker = `arn:aws:iam::${role === 'orders-debug' ? '123456789012' : '999999999999'}:role/stint`
      const text = init(role, format, broker)
      const files =
        format === 'terraform'
          ? [...text.matchAll(/jsonencode\((\{[^]*?\n {2}\})\)/g)].map(([, body = '']) => body)
          : [text]
      t.ok(files.length > 0)
      for (const file of files) {
        const { exit, out } = await lint(
          { 'printed.json': file },
          { failOn: 'warn', account: ['123456789012'] },
        )
        // To assume roles is all that the broker is for, and what comes of it outlives no grant.
        const others = out
          .split('\n')
          .filter((line) => / (warn|error) /.test(line) && !/outlives-session.*sts:AssumeRole can/.test(line))
        t.strictSame(others, [], `${role} as ${format}`)
        t.ok(exit === 0 || others.length === 0)
      }
    }
})

t.test('explain: a role with its bounds, or every policy of a file', async (t) => {
  const source = { file: example, env: {} }
  const role = (name: string, options: ExplainOptions = {}) =>
    explainRole('stint.yaml', source, name, options, now)
  t.strictSame(await role('deploy'), {
    exit: 0,
    out: `deploy in account 123456789012
  May change in Amazon S3 (PutObject), on s3 shop-123456789012/*, if s3:x-amz-server-side-encryption is aws:kms.
  Nothing works outside us-east-1 and eu-west-1, but for services that have no region.
  Nothing works after 2026-11-24T12:15:00.000Z.
  A credential that is issued now lives for 15m, and fresh ones are issued inside a window of at most 1h.
`,
    err: '',
  })
  const put = { action: 's3:PutObject', resource: 'arn:aws:s3:::shop-123456789012/x' }
  const kms = ['s3:x-amz-server-side-encryption=aws:kms']
  t.match(await role('deploy', { ...put, context: kms }), { exit: 0, out: /is allowed by ceiling\[0\]\.\n$/ })
  t.match(await role('deploy', put), {
    exit: 3,
    out: /The nearest statement is ceiling\[0\]: It demands that/,
  })
  t.match((await role('orders-debug', { account: '210987654321' })).out, /of account 210987654321/)
  t.match(await role('orders-debug', { account: '1' }), { exit: 2, err: /not in account 1; it is in/ })
  t.match(await role('deplo'), { exit: 2, err: /did you mean deploy/ })
  t.match(await role('deploy', { ...put, context: ['x'] }), {
    exit: 2,
    err: /--context must be key=value, not x/,
  })

  const file = (text: string, options: ExplainOptions = {}) => explainFile('a.json', text, options, now)
  t.equal(file(policy('s3:GetObject')).out, 'a.json\n  May read in Amazon S3 (GetObject), on any resource.\n')
  t.match(JSON.parse(file(policy('s3:GetObject'), { json: true, ...put }).out), [
    { policy: 'a.json', sentences: Array, verdict: { verdict: 'not allowed', nearest: '/Statement/0' } },
  ])
  const printed = rolesInit('stint.yaml', source, 'deploy', {
    broker: 'arn:aws:iam::999999999999:role/stint',
    format: 'json',
  })
  t.match(
    file(printed.out).out,
    /a\.json \/trustPolicy\n.* may sts:AssumeRole, if sts:ExternalId is stint-7f3a\.\n/,
  )
  t.match(file('{'), { exit: 2, err: /This is not JSON/ })
  t.match(file('{}'), { exit: 2, err: /holds no IAM policy/ })
  t.match(file('{"Statement": {"Effect": "Allow"}}'), {
    exit: 2,
    err: /a\.json \/Statement: A statement needs Action/,
  })
})
