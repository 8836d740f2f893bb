import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { actionOf } from '../../src/iam/actions.js'
import { newRights, takenRoles, type EscalationPath } from '../../src/iam/lint/escalation-paths.js'
import { jsonPlaces } from '../../src/iam/lint/json-places.js'
import { fileRules, lintJson } from '../../src/iam/lint/lint-json.js'
import { rules } from '../../src/iam/lint/lint.js'
import { outlasting } from '../../src/iam/lint/outlives.js'
import type { Finding } from '../../src/iam/lint/rule.js'

const root = new URL('../../../', import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), 'utf8')
const account = '123456789012'
const own = new Set([account])

const findings = (value: unknown): readonly Finding[] => lintJson(JSON.stringify(value), own).findings
const codes = (value: unknown): readonly string[] =>
  [...new Set(findings(value).map(({ code }) => code))].sort()

const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement })
const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  Condition?: object,
) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})
const table = `arn:aws:dynamodb:us-east-1:${account}:table/orders`
const worker = `arn:aws:iam::${account}:role/orders-worker`

t.test(
  'each rule has a file that it fires on and one that it is silent on, and the page says so',
  async (t) => {
    const all = [...fileRules, ...rules]
    const page = text('docs/lint.md').replace(/ +/g, ' ')
    for (const { code, level, title } of all) {
      const found = (kind: string) =>
        lintJson(text(`test/iam/lint/${kind}/${code}.json`), own).findings.filter((one) => one.code === code)
      t.ok(found('fires').length > 0, `${code} fires`)
      for (const finding of found('fires')) t.equal(finding.level, level)
      t.strictSame(found('silent'), [], `${code} is silent`)
      t.ok(page.includes(`| \`${code}\` | ${level} | ${title} |`), `${code} is on the page`)
      for (const kind of ['fires', 'silent']) t.ok(page.includes(`(../test/iam/lint/${kind}/${code}.json)`))
    }
    for (const kind of ['fires', 'silent'])
      t.strictSame(
        readdirSync(new URL(`test/iam/lint/${kind}`, root)).sort(),
        all.map(({ code }) => `${code}.json`).sort(),
        'no file is left over',
      )
  },
)

/** The ids of the paths that a policy opens. */
const opened = (value: unknown): readonly string[] =>
  findings(value)
    .filter(({ code }) => code === 'privilege-escalation' || code === 'role-takeover')
    .flatMap(({ detail }) => [...detail.matchAll(/([a-z0-9-]+) \([a-z0-9-]+:/g)].map(([, id = '']) => id))

const actionsOf = ({ needs, wide = [], passes }: EscalationPath): readonly string[] => [
  ...(passes === undefined ? [] : ['iam:PassRole']),
  ...needs,
  ...wide,
]

t.test('every known path is found, by all of its actions and by no fewer', async (t) => {
  const paths = [...newRights, ...takenRoles]
  t.equal(new Set(paths.map(({ id }) => id)).size, paths.length)
  t.ok(text('docs/lint.md').includes(`know ${paths.length} ways`), 'the page counts them')
  for (const action of outlasting.keys()) t.ok(actionOf(action), `AWS documents ${action}`)
  for (const path of paths) {
    const actions = actionsOf(path)
    for (const action of actions) t.ok(actionOf(action), `AWS documents ${action}`)
    t.match(path.link, /^https:\/\//)
    t.ok(opened(policy(allow(actions))).includes(path.id), `${path.id} in one statement`)
    t.ok(
      opened(policy(...actions.map((action) => allow(action)))).includes(path.id),
      `${path.id} over several`,
    )
    for (const left of actions)
      t.notOk(
        opened(policy(allow([...actions.filter((action) => action !== left), 'ec2:DescribeVpcs']))).includes(
          path.id,
        ),
        `${path.id} without ${left}`,
      )
    t.notOk(
      opened(policy(allow(actions), { Effect: 'Deny', Action: actions[0], Resource: '*' })).includes(path.id),
      `${path.id} with a Deny`,
    )
  }
})

t.test('roles and resources are taken into account', async (t) => {
  const lambda = allow(['lambda:CreateFunction', 'lambda:InvokeFunction'])
  const pass = (resource: string, condition?: object) =>
    opened(policy(lambda, allow('iam:PassRole', resource, condition))).includes('lambda-invoke')
  t.ok(pass('*'))
  t.ok(pass(`arn:aws:iam::${account}:role/*`))
  t.ok(pass(`arn:aws:iam::${account}:role/orders-*`))
  t.notOk(pass(worker), 'one named role is somebody’s choice')
  t.notOk(pass(`arn:aws:iam::*:role/orders-worker`), 'in whatever account')
  t.notOk(pass(table), 'no role at all')
  t.notOk(pass('*', { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }), 'for another service')
  t.ok(pass('*', { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } }))
  t.ok(pass('*', { StringLike: { 'iam:PassedToService': '*.amazonaws.com' } }))
  t.ok(pass('*', { StringNotEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } }))

  const put = (resource: string, condition?: object) =>
    opened(policy(allow('iam:PutRolePolicy', resource, condition))).includes('put-role-policy')
  t.ok(put(worker), 'whoever may write the policy of one role has what they write')
  t.notOk(put('*', { StringEquals: { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/fence` } }))
  t.ok(put('*', { StringNotEquals: { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/fence` } }))
  t.notOk(
    opened(policy(allow('iam:CreateAccessKey', `arn:aws:iam::*:user/\${aws:username}`))).length,
    'their own',
  )

  const session = (resource: string, condition?: object) =>
    opened(policy(allow('ssm:StartSession', resource, condition))).includes('ssm-session')
  const instances = `arn:aws:ec2:us-east-1:${account}:instance/`
  t.ok(session(`${instances}*`))
  t.notOk(session(`${instances}i-0a1b2c3d`))
  t.notOk(
    session(`${instances}*`, { StringEquals: { 'ssm:resourceTag/team': 'orders' } }),
    'what is tagged so',
  )
  t.ok(session(`${instances}*`, { StringNotEquals: { 'ssm:resourceTag/team': 'orders' } }))

  // Policies of one role count together, in a template and in a plan; those of two do not.
  const split = (...owners: readonly [string, string]) => ({
    Resources: Object.fromEntries(
      owners.map((owner, at) => [
        `P${at}`,
        {
          Type: 'AWS::IAM::Policy',
          Properties: {
            Roles: [{ Ref: owner }],
            PolicyDocument: policy(at === 0 ? lambda : allow('iam:PassRole')),
          },
        },
      ]),
    ),
  })
  t.ok(opened(split('A', 'A')).includes('lambda-invoke'))
  t.notOk(opened(split('A', 'B')).includes('lambda-invoke'))
  const plan = (...names: readonly [string, string]) => ({
    resource_changes: names.map((role, at) => ({
      address: `aws_iam_role_policy.p${at}`,
      type: 'aws_iam_role_policy',
      change: { after: { role, policy: JSON.stringify(policy(at === 0 ? lambda : allow('iam:PassRole'))) } },
    })),
  })
  t.ok(opened(plan('a', 'a')).includes('lambda-invoke'))
  t.notOk(opened(plan('a', 'b')).includes('lambda-invoke'))
})

t.test('of a statement that allows everything, that is all that is said', async (t) => {
  t.strictSame(codes(policy(allow('*'))), ['full-admin'])
  t.strictSame(codes(policy(allow('*:*'))), ['full-admin'])
  const whole = findings(policy(allow('*', '*', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })))
  t.match(whole, [{ code: 'full-admin', detail: /every resource, but for its conditions\./ }])
  t.equal(whole.length, 1)
})

t.test('a statement is dead when others together say all of it', async (t) => {
  const dead = (...statements: readonly object[]) =>
    findings(policy(...statements)).flatMap(({ code, at, detail }) =>
      code === 'dead-statement' ? [`${at} ${/by (.*)\. Take/.exec(detail)?.[1]}`] : [],
    )
  const get = allow('dynamodb:GetItem', table)
  const query = allow('dynamodb:Query', table)
  const both = allow(['dynamodb:GetItem', 'dynamodb:Query'], table)
  const when = { StringEquals: { 'aws:PrincipalTag/team': 'orders' } }
  t.strictSame(dead(get, query), [])
  t.strictSame(dead(get, get), ['/Statement/1 /Statement/0'], 'of two that say the same the first stays')
  t.strictSame(dead(get, both), ['/Statement/0 /Statement/1'])
  t.strictSame(dead(get, query, both), ['/Statement/2 /Statement/0, /Statement/1'], 'by two together')
  t.strictSame(
    dead(get, { ...get, Condition: when }),
    ['/Statement/1 /Statement/0'],
    'with a condition that is not needed',
  )
  t.strictSame(dead({ ...get, Condition: when }, query), [])
  const deny = { ...get, Effect: 'Deny' }
  t.strictSame(dead(both, deny), [], 'a Deny of part of it')
  t.strictSame(dead(get, deny), ['/Statement/0 /Statement/1'])
  t.strictSame(dead(get, { ...deny, Condition: when }), [], 'a Deny that may not hold')
  t.strictSame(dead(query, deny, { ...deny, Action: 'dynamodb:*' }), [
    '/Statement/1 /Statement/2',
    '/Statement/0 /Statement/2',
  ])
})

t.test('regions that there are, in their partition', async (t) => {
  const fires = (arn: string) => codes(policy(allow('dynamodb:GetItem', arn))).includes('unknown-region')
  t.notOk(fires(table))
  t.notOk(fires(table.replace('us-east-1', '*')))
  t.ok(fires(table.replace('us-east-1', 'us-eats-1')))
  t.ok(fires(table.replace('us-east-1', 'cn-north-1')), 'in another partition')
  t.notOk(fires(table.replace('aws:dynamodb:us-east-1', 'aws-cn:dynamodb:cn-north-1')))
})

t.test('operators and the types of keys', async (t) => {
  const mismatches = (operator: string, key: string, value: string) =>
    codes(policy(allow('dynamodb:GetItem', table, { [operator]: { [key]: value } }))).includes(
      'mismatched-condition-type',
    )
  const fitting = [
    ['NumericGreaterThan', 'aws:EpochTime', '1700000000'],
    ['DateLessThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z'],
    ['StringLike', 'aws:SourceArn', table],
    ['ArnLike', 'aws:SourceArn', table],
    ['Bool', 'aws:SecureTransport', 'true'],
    ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24'],
    ['Null', 'aws:SourceIp', 'false'],
  ] as const
  for (const [operator, key, value] of fitting)
    t.notOk(mismatches(operator, key, value), `${operator} ${key}`)
  t.ok(mismatches('NumericEquals', 'aws:SecureTransport', '1'))
  t.ok(mismatches('Bool', 'aws:CurrentTime', 'true'))
  t.ok(mismatches('IpAddress', 'aws:userid', '203.0.113.7'))
  t.ok(mismatches('StringEquals', 'aws:MultiFactorAuthAge', '60'))
})

t.test('trust: conditions that a request can do without demand nothing', async (t) => {
  const trusts = (Principal: unknown, Condition?: object, Action = 'sts:AssumeRole') =>
    codes(policy({ Effect: 'Allow', Principal, Action, ...(Condition && { Condition }) }))
  const vendor = { AWS: 'arn:aws:iam::999999999999:role/vendor' }
  const id = { 'sts:ExternalId': 'x' }
  t.strictSame(trusts(vendor, { StringEquals: id }), [])
  for (const operator of ['StringEqualsIfExists', 'StringNotEquals', 'ForAllValues:StringEquals'])
    t.ok(trusts(vendor, { [operator]: id }).includes('trust-no-external-id'), operator)
  t.ok(trusts(vendor, { StringLike: { 'sts:ExternalId': '*' } }).includes('trust-no-external-id'), 'any')
  t.strictSame(trusts({ AWS: worker }), [], 'an account of one’s own')
  t.strictSame(trusts({ Service: 'lambda.amazonaws.com' }), [])
  t.ok(
    trusts({ AWS: '*' }, { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } }).includes(
      'trust-everybody',
    ),
  )
  const github = { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` }
  const subject = (sub: string | readonly string[]) =>
    trusts(
      github,
      { StringLike: { 'token.actions.githubusercontent.com:sub': sub } },
      'sts:AssumeRoleWithWebIdentity',
    )
  t.strictSame(subject('repo:acme/*'), [])
  for (const anyone of ['*', 'repo:*', ['repo:acme/shop:*', 'repo:*:ref:refs/heads/main']])
    t.strictSame(subject(anyone), ['trust-any-subject'], String(anyone))
  t.strictSame(trusts({ AWS: account }, { ArnLike: { 'aws:PrincipalArn': worker } }), [])
})

t.test('a template: its own functions are written out as far as it says what they are', async (t) => {
  const role = (Principal: unknown, ...Statement: readonly object[]) => ({
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      Table: { Type: 'AWS::DynamoDB::Table' },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: policy({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }),
          Policies: [{ PolicyName: 'p', PolicyDocument: policy(...Statement) }],
        },
      },
    },
  })
  const lambda = { Service: { 'Fn::Sub': 'lambda.${AWS::URLSuffix}' } }
  const resource = (Resource: unknown) =>
    codes(role(lambda, { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource }))
  t.strictSame(resource({ 'Fn::GetAtt': ['Table', 'Arn'] }), [])
  t.strictSame(resource({ 'Fn::GetAtt': 'Table.Arn' }), [])
  t.strictSame(resource({ Ref: 'TableArn' }), [])
  t.strictSame(resource([{ 'Fn::Sub': '${Table.Arn}/index/*' }, { 'Fn::ImportValue': 'other' }]), [])
  t.strictSame(
    resource({ 'Fn::Sub': 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}' }),
    [],
  )
  t.strictSame(
    resource({
      'Fn::Sub': ['arn:aws:dynamodb:${R}:${A}:table/${T}', { T: { Ref: 'Table' }, R: 'us-east-1' }],
    }),
    [],
  )
  t.strictSame(
    resource({
      'Fn::Join': [':', ['arn:aws:dynamodb', { Ref: 'Region' }, { Ref: 'AWS::AccountId' }, 'table/t']],
    }),
    [],
  )
  t.strictSame(resource({ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Table', 'Arn'] }, '/index/*']] }), [])
  t.strictSame(resource({ 'Fn::If': ['Prod', table, { Ref: 'AWS::NoValue' }] }), [])
  t.strictSame(resource({ 'Fn::If': ['Prod', table, 'orders'] }), ['malformed'], 'both sides count')
  t.strictSame(resource({ 'Fn::Sub': 'arn:aws:s3:::${Bucket}/*' }), ['mismatched-resource'])
  t.strictSame(
    resource({ 'Fn::Sub': 'arn:aws:dynamodb:*:*:table/${!aws:username}' }),
    [],
    'a variable of IAM’s own',
  )

  const reading = { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: table }
  const trusting = (Principal: unknown) => codes(role(Principal, reading))
  t.strictSame(trusting({ AWS: { Ref: 'AWS::AccountId' } }), ['trust-whole-account'], 'no foreign account')
  t.strictSame(trusting({ AWS: { 'Fn::GetAtt': ['Other', 'Arn'] } }), [])
  t.strictSame(trusting({ AWS: { 'Fn::Sub': 'arn:aws:iam::${Partner}:root' } }), [
    'trust-no-external-id',
    'trust-whole-account',
  ])
  t.strictSame(
    findings(role(lambda, allow('iam:PassRole'))).map(({ at }) => at),
    ['/Resources/Role/Properties/Policies/0/PolicyDocument/Statement/0'],
  )
  const scp = { Type: 'AWS::Organizations::Policy', Properties: { Content: policy(allow('*')) } }
  t.strictSame(findings({ Resources: { Scp: scp } }), [], 'a bound of an organisation allows nothing')
  const images = policy({ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' })
  t.strictSame(
    codes({ Resources: { R: { Properties: { RepositoryPolicyText: images } } } }),
    ['not-read'],
    'no Resource',
  )
  t.strictSame(findings({ Resources: { Queue: { Type: 'AWS::SQS::Queue' } } }), [], 'one without policies')
})

t.test('a plan, what the AWS CLI prints, and a policy in a text', async (t) => {
  const trust = policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' })
  const plan = {
    resource_changes: [
      {
        address: 'aws_iam_role.r',
        type: 'aws_iam_role',
        change: { after: { name: 'r', assume_role_policy: JSON.stringify(trust) } },
      },
      {
        address: 'data.x.d',
        mode: 'data',
        type: 'x',
        change: { after: { json: JSON.stringify(policy(allow('*'))) } },
      },
      {
        address: 'data.x.d',
        mode: 'data',
        type: 'x',
        change: { after: { json: JSON.stringify(policy(allow('*'))) } },
      },
      { address: 'aws_iam_role.gone', type: 'aws_iam_role', change: { actions: ['delete'], after: null } },
    ],
  }
  const file = JSON.stringify(plan, null, 2)
  const [finding, ...others] = lintJson(file, own).findings
  t.strictSame(others, [], 'what is read or goes away is nobody’s')
  t.equal(finding?.at, '/resource_changes/0/change/after/assume_role_policy/Statement/0/Principal')
  t.strictSame(jsonPlaces(file)(finding?.at ?? ''), { line: 9, column: 11 }, 'the text that it stands in')
  t.strictSame(codes({ Role: { RoleName: 'r', AssumeRolePolicyDocument: trust } }), ['trust-everybody'])
  t.strictSame(codes({ PolicyVersion: { Document: policy(allow('*')) } }), ['full-admin'])
})

t.test('where in the text each value begins', async () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(3), (json, indent) => {
      const value: unknown = JSON.parse(json)
      const pretty = JSON.stringify(value, null, indent)
      const place = jsonPlaces(pretty)
      const lines = pretty.split('\n')
      const check = (item: unknown, at: string, name?: string) => {
        const { line, column } = place(at)
        const here = lines[line - 1]?.slice(column - 1) ?? ''
        const begins = name === undefined ? JSON.stringify(item)[0] : JSON.stringify(name)
        if (!here.startsWith(begins ?? '')) throw new Error(`${at} at ${line}:${column} is ${here}`)
        if (typeof item !== 'object' || item === null) return
        for (const [key, inner] of Object.entries(item))
          check(
            inner,
            `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
            Array.isArray(item) ? undefined : key,
          )
      }
      check(value, '')
    }),
    { numRuns: 1_000 },
  )
})

t.test('no file makes it throw, and what is no policy is said to be none', async (t) => {
  const says = (file: string) => lintJson(file, own).findings.map(({ code, at }) => [code, at])
  t.strictSame(says(''), [['malformed', '']])
  t.strictSame(says('{"Statement"'), [['malformed', '']])
  t.strictSame(says('{bad'), [['malformed', '']])
  t.strictSame(says('{"a": {true: [\'x'), [['malformed', '']])
  t.strictSame(says('{"a": 1}'), [['malformed', '']])
  t.strictSame(says('{"Statement": [], "Statement": []}'), [['malformed', '/Statement']])
  t.strictSame(says('['.repeat(100_000)), [['malformed', '']])
  t.strictSame(says(`${'['.repeat(1_000)}${']'.repeat(1_000)}`), [['not-read', '']])
  // Objects that would convert themselves.
  const odd = { toString: false, valueOf: null }
  says(JSON.stringify({ Statement: { Action: odd, Principal: [] } }))
  says(
    JSON.stringify({
      Resources: { A: { Type: odd, Properties: { P: { 'Fn::Join': [odd, [{ Ref: odd }]] } } } },
    }),
  )
  says(
    JSON.stringify({
      resource_changes: [{ address: odd, change: { after: { policy: { 'Fn::Sub': odd } } } }],
    }),
  )
  const piece: fc.Arbitrary<unknown> = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      '*',
      'iam:*',
      's3:Put*',
      '*a*a*a*a*b'.repeat(9),
      worker,
      `${table}*`,
      'arn:aws:s3:::',
      '${',
      {},
      [],
    ),
    fc.constantFrom(
      { Ref: 'A' },
      { 'Fn::Sub': [] },
      { 'Fn::Join': 1 },
      { 'Fn::If': [] },
      { 'Fn::GetAtt': {} },
      { AWS: '*' },
    ),
  )
  const statement = fc.dictionary(
    fc.constantFrom(
      'Sid',
      'Effect',
      'Action',
      'NotAction',
      'Resource',
      'NotResource',
      'Principal',
      'Condition',
    ),
    fc.oneof(
      piece,
      fc.array(piece),
      fc.constant('Allow'),
      fc.constant({ StringLike: { 'aws:SourceIp': '*' } }),
    ),
  )
  const document = fc.record(
    { Version: piece, Statement: fc.oneof(statement, fc.array(statement)) },
    { requiredKeys: ['Statement'] },
  )
  const wrapped = fc.oneof(
    document,
    document.map((inner) => ({
      Resources: { A: { Properties: { PolicyDocument: inner, Roles: [{ Ref: 'B' }] } }, C: 1 },
    })),
    document.map((inner) => ({
      resource_changes: [{ change: { after: { policy: JSON.stringify(inner) } } }, 1, {}],
    })),
  )
  fc.assert(
    fc.property(wrapped, (value) => void lintJson(JSON.stringify(value), own)),
    { numRuns: 3_000 },
  )
})
