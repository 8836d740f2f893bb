import '../support/loopback-only.js'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { explainRole } from '../../src/cli/local/explain.js'
import { rolesCheck } from '../../src/cli/local/roles-check.js'
import { rolesInit, type InitOptions } from '../../src/cli/local/roles-init.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { signedRequest, startAwsService } from '../support/aws-service.js'
import type { PolicyJson } from '../support/iam-evaluate.js'
import { handClock } from '../support/stint.js'
import { startSts, stsActions, type StsRole } from '../support/sts.js'

/** What an account needs for a role, and the proof against AWS that it has it. */

const file = readFileSync(new URL('../../../stint.example.yaml', import.meta.url), 'utf8')
const broker = 'arn:aws:iam::999999999999:role/ci/stint-broker'
const arns = {
  deploy: 'arn:aws:iam::123456789012:role/ci/stint-deploy',
  prod: 'arn:aws:iam::123456789012:role/stint-orders-debug',
  staging: 'arn:aws:iam::210987654321:role/stint-orders-debug',
}

const init = (role?: string, options: Partial<InitOptions> = {}, text = file) =>
  rolesInit('stint.yaml', { file: text, env: {} }, role, { broker, format: 'json', ...options })

t.test('roles init prints what a role needs, and no more', async (t) => {
  const { exit, out, err } = init('deploy')
  t.strictSame([exit, err], [0, ''])
  t.strictSame(JSON.parse(out), {
    account: '123456789012',
    role: { RoleName: 'stint-deploy', Path: '/ci/', MaxSessionDuration: 3600 },
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: broker },
          Action: 'sts:AssumeRole',
          Condition: { StringEquals: { 'sts:ExternalId': 'stint-7f3a' } },
        },
        { Effect: 'Allow', Principal: { AWS: broker }, Action: ['sts:SetSourceIdentity', 'sts:TagSession'] },
      ],
    },
    permissionPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:PutObject'],
          Resource: ['arn:aws:s3:::shop-123456789012/*'],
          Condition: { StringEquals: { 's3:x-amz-server-side-encryption': ['aws:kms'] } },
        },
      ],
    },
    brokerPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
          Resource: [arns.prod, arns.staging, arns.deploy],
        },
        { Effect: 'Allow', Action: 'sts:TagSession', Resource: [arns.deploy] },
      ],
    },
  })
  t.strictSame(
    JSON.parse(init().out),
    JSON.parse(out).brokerPolicy,
    'without a role, the broker’s own policy',
  )

  const plain = JSON.parse(init('orders-debug', { account: '210987654321' }).out)
  t.strictSame(plain.trustPolicy.Statement, [
    { Effect: 'Allow', Principal: { AWS: broker }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] },
  ])
  t.strictSame(plain.role, { RoleName: 'stint-orders-debug', Path: '/', MaxSessionDuration: 3600 })
  const long = file.replace('workloads: { lifetime: 1h }', 'workloads: { lifetime: 1h30m }')
  t.equal(
    JSON.parse(init('deploy', {}, long.replace('max: 1h }', 'max: 2h }')).out).role.MaxSessionDuration,
    5400,
  )
})

t.test('roles init prints the same for CloudFormation and for Terraform', async (t) => {
  const json = JSON.parse(init('deploy').out)
  const stack = JSON.parse(init('deploy', { format: 'cloudformation' }).out)
  t.strictSame(stack.Resources.Role, {
    Type: 'AWS::IAM::Role',
    Properties: {
      ...json.role,
      AssumeRolePolicyDocument: json.trustPolicy,
      Policies: [{ PolicyName: 'stint-ceiling', PolicyDocument: json.permissionPolicy }],
    },
  })
  t.strictSame(
    JSON.parse(init(undefined, { format: 'cloudformation' }).out).Resources.BrokerPolicy.Properties,
    {
      ManagedPolicyName: 'stint-broker',
      PolicyDocument: json.brokerPolicy,
      Roles: ['stint-broker'],
    },
  )
  const user = { broker: 'arn:aws:iam::999999999999:user/stint' }
  t.match(init(undefined, { format: 'cloudformation', ...user }).out, /"Users": \[\s*"stint"\s*\]/)

  /** The documents in Terraform's text: JSON but for the doubled mark of its templates. */
  const documents = (text: string) =>
    [...text.matchAll(/jsonencode\((\{[^]*?\n {2}\})\)/g)].map(([, body = '']) =>
      JSON.parse(body.replaceAll('$${', () => '${')),
    )
  const { out } = init('deploy', { format: 'terraform' })
  t.strictSame(documents(out), [json.trustPolicy, json.permissionPolicy])
  t.match(out, /name {17}= "stint-deploy"\n {2}path {17}= "\/ci\/"\n {2}max_session_duration = 3600\n/)
  t.match(out, 'role = aws_iam_role.stint_deploy.id')
  t.strictSame(documents(init(undefined, { format: 'terraform' }).out), [json.brokerPolicy])
  t.match(init(undefined, { format: 'terraform', ...user }).out, '  user = "stint"\n')
  const marked = init('deploy', { format: 'terraform' }, file.replace('aws:kms }', "'${aws:x}' }")).out
  t.match(marked, '"$${aws:x}"', 'what Terraform would take for a template is not one')
})

t.test(
  'roles init prints who may revoke, and the boundary that keeps them from widening the role',
  async (t) => {
    const revoker = 'arn:aws:iam::123456789012:role/sec/stint-revoker'
    const text = (how: string) =>
      `${file.replace('externalId: stint-7f3a\n', `$&    revoke: ${how}\n`)}\nrevoking: { assume: 'arn:aws:iam::{account}:role/sec/stint-revoker', externalId: revoke-1 }\n`
    const boundary = 'arn:aws:iam::123456789012:policy/ci/stint-deploy-boundary'
    const json = JSON.parse(init('deploy', {}, text('inline')).out)
    t.strictSame(json.revoking, {
      permissionsBoundary: boundary,
      boundaryPolicy: {
        PolicyName: 'stint-deploy-boundary',
        Path: '/ci/',
        PolicyDocument: json.permissionPolicy,
      },
      revoker: { RoleName: 'stint-revoker', Path: '/sec/' },
      revokerTrustPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: broker },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'sts:ExternalId': 'revoke-1' } },
          },
          { Effect: 'Allow', Principal: { AWS: broker }, Action: ['sts:SetSourceIdentity'] },
        ],
      },
      revokerPolicy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['iam:ListRolePolicies', 'iam:GetRolePolicy'], Resource: arns.deploy },
          {
            Effect: 'Allow',
            Action: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
            Resource: arns.deploy,
            Condition: { StringEquals: { 'iam:PermissionsBoundary': boundary } },
          },
        ],
      },
    })
    t.match(json.brokerPolicy.Statement[0].Resource.at(-1), revoker, 'which the broker may assume')

    const stack = JSON.parse(init('deploy', { format: 'cloudformation' }, text('inline')).out).Resources
    t.strictSame(stack.Role.Properties.PermissionsBoundary, { Ref: 'Boundary' })
    t.strictSame(stack.Boundary.Properties.PolicyDocument, json.permissionPolicy)
    t.match(stack.RevokerPolicy.Properties, {
      RoleName: 'stint-revoker',
      PolicyName: 'stint-revoke-deploy',
      PolicyDocument: json.revoking.revokerPolicy,
    })
    const { out } = init('deploy', { format: 'terraform' }, text('inline'))
    t.match(out, 'permissions_boundary = aws_iam_policy.stint_deploy_boundary.arn')
    t.match(out, /resource "aws_iam_role_policy" "stint_deploy_revoke" \{\n {2}name = "stint-revoke-deploy"/)

    const own = JSON.parse(init('deploy', { revoker: true, format: 'cloudformation' }, text('inline')).out)
    t.match(own.Resources.Revoker.Properties, {
      RoleName: 'stint-revoker',
      Path: '/sec/',
      AssumeRolePolicyDocument: json.revoking.revokerTrustPolicy,
    })
    t.match(
      init('deploy', { revoker: true, format: 'terraform' }, text('inline')).out,
      /^resource "aws_iam_role" "stint_revoker" \{\n {2}name = "stint-revoker"\n {2}path = "\/sec\/"\n/,
    )
    t.strictSame(JSON.parse(init('deploy', { revoker: true }, text('attach')).out), {
      role: json.revoking.revoker,
      trustPolicy: json.revoking.revokerTrustPolicy,
    })
    t.match(init('deploy', { revoker: true }), { exit: 2, err: /deploy has no revoke in its entry/ })
    const alone = text('inline').replace(/^revoking: .*/m, '')
    t.match(init('deploy', { revoker: true }, alone), { exit: 2, err: /no revoking\.assume/ })

    const attach = JSON.parse(init('deploy', {}, text('attach')).out).revoking
    t.strictSame(Object.keys(attach), ['revoker', 'revokerTrustPolicy', 'revokerPolicy'])
    t.match(attach.revokerPolicy.Statement, [
      { Condition: { ArnEquals: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AWSDenyAll' } } },
    ])
  },
)

t.test('roles init refuses what would trust too many, or what there is not', async (t) => {
  const refuses = (fault: RegExp, role?: string, options?: Partial<InitOptions>) =>
    t.match(init(role, options), { exit: 2, out: '', err: fault })
  refuses(/no role deplo; did you mean deploy\?/, 'deplo')
  refuses(/several accounts.*123456789012, 210987654321/, 'orders-debug')
  refuses(/not in account 999999999999/, 'deploy', { account: '999999999999' })
  for (const whole of ['arn:aws:iam::999999999999:root', 'arn:aws:iam::999999999999:role/*'])
    refuses(/names no single role or user/, 'deploy', { broker: whole })
  for (const none of ['stint', 'arn:aws:sts::999999999999:assumed-role/stint/x', 'arn:aws:iam::*:role/stint'])
    refuses(/is not the ARN of an IAM role or user/, 'deploy', { broker: none })
  refuses(/partition aws-cn/, 'deploy', { broker: 'arn:aws-cn:iam::999999999999:role/stint' })
  t.match(init('deploy', {}, 'roles: {}'), { exit: 9, out: '', err: /stint\.yaml.*issuers/ })
  t.match(init('orders-debug', { account: '210987654321' }).err, /another account.*externalId/)
})

const own = {
  accessKeyId: 'AKIACHECKCHECKCHECK0',
  secretAccessKey: 'the-own-secret-key-000000000000000000000',
}

/** An STS with the roles of the example as `roles init` has them set up, and a store to record in. */
async function world(
  t: Test,
  change: (roles: Record<string, StsRole>) => void = () => undefined,
  text = file,
) {
  const clock = handClock()
  const folder = mkdtempSync(join(tmpdir(), 'stint-roles-'))
  const role = (name: string, account: string): StsRole => {
    const { trustPolicy, permissionPolicy, role } = JSON.parse(init(name, { account }, text).out)
    const statements = trustPolicy.Statement as {
      Action: string | string[]
      Condition?: { StringEquals: { 'sts:ExternalId': string } }
    }[]
    const externalId = statements[0]?.Condition?.StringEquals['sts:ExternalId']
    return {
      trust: {
        principals: [broker],
        allow: stsActions.filter((action) => statements.flatMap(({ Action }) => Action).includes(action)),
        ...(externalId !== undefined && { externalId }),
      },
      maxSessionSeconds: role.MaxSessionDuration,
      policy: permissionPolicy as PolicyJson,
    }
  }
  const roles: Record<string, StsRole> = {
    [arns.deploy]: role('deploy', '123456789012'),
    [arns.prod]: role('orders-debug', '123456789012'),
    [arns.staging]: role('orders-debug', '210987654321'),
  }
  const { managedPolicy: managed } = JSON.parse(init('deploy', {}, text).out)
  const policies: Record<string, PolicyJson> = managed
    ? { [`arn:aws:iam::123456789012:policy${managed.Path}${managed.PolicyName}`]: managed.PolicyDocument }
    : {}
  change(roles)
  const sts = await startSts({
    clock,
    signedAt: Date.now,
    roles,
    policies,
    broker: { ...own, arn: broker, allow: stsActions },
  })
  const aws = await startAwsService({ clock, sts })
  t.teardown(async () => {
    await Promise.all([sts.close(), aws.close()])
    rmSync(folder, { recursive: true, force: true })
  })
  const path = join(folder, 'stint.db')
  const check = (role?: string, account?: string, at = path) =>
    rolesCheck(
      'stint.yaml',
      { file: text, env: { STINT_STORE: at, AWS_ENDPOINT_URL_STS: sts.url } },
      { role, account },
      { clock, random: randomBytes, sleep: async () => undefined, credentials: own },
    )
  async function events() {
    const store = await openSqlite({ path })
    try {
      return (await store.events({ limit: 50 })).map(({ kind, by, text }) => ({
        kind,
        by,
        text,
        data: JSON.parse(text).data,
      }))
    } finally {
      await store.close()
    }
  }
  return { sts, aws, clock, check, events, folder }
}

t.test('roles check assumes each role as Stint does, in each account and region', async (t) => {
  const { sts, aws, clock, check, events } = await world(t)
  const { exit, out, err } = await check()
  t.strictSame([exit, err], [0, ''])
  t.equal(out.match(/^ok {5}.*: stint-[0-9A-Z]{26}, \d+ percent of the packed limit$/gm)?.length, 5)
  t.match(out, /5 of 5 could be assumed\.\n$/)
  t.strictSame(
    sts.calls.map(({ region, parameters: { RoleArn, DurationSeconds, ExternalId, SourceIdentity } }) => [
      RoleArn,
      region,
      DurationSeconds,
      ExternalId,
      SourceIdentity,
    ]),
    [
      [arns.prod, 'us-east-1', '900', undefined, 'stint'],
      [arns.prod, 'eu-west-1', '900', undefined, 'stint'],
      [arns.staging, 'eu-west-1', '900', undefined, 'stint'],
      [arns.deploy, 'us-east-1', '3600', 'stint-7f3a', 'stint'],
      [arns.deploy, 'eu-west-1', '3600', 'stint-7f3a', 'stint'],
    ],
  )
  t.equal(sts.calls.filter(({ parameters }) => parameters['Tags.member.1.Key'] === 'stint:grant').length, 2)

  // The whole ceiling is in it, and the session can do nothing at all.
  for (const session of sts.sessions)
    t.match(session.policy, /"Effect":"Allow".*"Effect":"Deny","Action":"\*"/)
  const session = sts.sessions.find(({ roleArn }) => roleArn === arns.prod)!
  const tried = await signedRequest({
    url: aws.url,
    keys: session,
    action: 'GetItem',
    table: 'orders',
    region: 'us-east-1',
    clock,
  })
  t.match(tried, {
    status: 400,
    refused: 'AccessDeniedException',
    message: /explicit deny in a session policy/,
  })

  const recorded = await events()
  t.strictSame(
    recorded.map(({ kind, by, data }) => [kind, by, data.role, data.region, data.ok]).slice(0, 2),
    [
      ['check.started', 'stint', 'orders-debug', 'us-east-1', undefined],
      ['check.done', 'stint', 'orders-debug', 'us-east-1', true],
    ],
  )
  t.equal(recorded.length, 10)
  t.match(recorded[1]?.data, { accessKeyId: sts.sessions[0]!.accessKeyId, packedPolicySize: Number })
  for (const secret of sts.secrets) for (const { text } of recorded) t.notMatch(text, secret)
  for (const secret of sts.secrets) t.notMatch(out, secret)

  t.match((await check('orders-debug', '210987654321')).out, /^ok.*\n1 of 1 could be assumed/)
  t.match((await check('deploy')).out, /2 of 2/)
  t.match(await check('deplo'), { exit: 2, err: /did you mean deploy/ })
  t.match(await check('deploy', '210987654321'), { exit: 2, err: /deploy is not in account 210987654321/ })
  t.match(await check(undefined, '999999999999'), { exit: 2, err: /No role is in account 999999999999/ })
  sts.reportPackedSize(91)
  t.match((await check('deploy')).out, /91 percent of the packed limit \(nearly full\)/)
})

t.test('roles check says what STS said, and which documents can be at fault', async (t) => {
  const { sts, check, events } = await world(t, (roles) => {
    roles[arns.staging] = {
      ...roles[arns.staging]!,
      trust: { principals: [broker], allow: ['sts:AssumeRole'] },
    }
    roles[arns.deploy] = {
      ...roles[arns.deploy]!,
      trust: { ...roles[arns.deploy]!.trust, externalId: 'another' },
    }
    roles[arns.prod] = { ...roles[arns.prod]!, maxSessionSeconds: 600 }
  })
  const { exit, out } = await check()
  t.equal(exit, 8)
  t.match(out, /0 of 5 could be assumed/)
  const said = (place: string) => out.split(/\n(?=failed|ok|\d)/).find((lines) => lines.includes(place)) ?? ''
  t.match(
    said('orders-debug in 210987654321'),
    /AWS refused sts:SetSourceIdentity\.[^]*at fault: the trust policy of the IAM role\n.*the policy of the identity that Stint runs under\n[^]*stint roles init orders-debug --account 210987654321/,
  )
  t.match(said('deploy in 123456789012'), /AWS refused sts:AssumeRole\.[^]*external id[^]*trust policy/)
  t.match(said('orders-debug in 123456789012'), /MaxSessionDuration[^]*at fault: MaxSessionDuration/)
  t.notMatch(out, broker, 'AWS’s own text stays where it was')
  t.strictSame(
    (await events()).filter(({ kind }) => kind === 'check.done').map(({ data }) => data.fault),
    ['sts_rejected', 'sts_rejected', 'sts_denied', 'sts_denied', 'sts_denied'],
  )
  sts.fail({ code: 'InvalidClientTokenId', status: 403 })
  t.match(await check(), {
    exit: 8,
    out: /^failed orders-debug [^]*can be at fault: Stint's own credentials\n0 of 5 could be assumed; 4 were not tried\.\n$/,
  })
  sts.fail({ code: 'PackedPolicyTooLarge', status: 400 })
  t.match((await check('orders-debug', '210987654321')).out, /at fault: the role's ceiling/)
  sts.fail({ code: 'RegionDisabledException', status: 403 })
  t.match((await check('orders-debug', '210987654321')).out, /not activated in eu-west-1[^]*Account settings/)
})

/** The example with a ceiling of `deploy` that fits into no inline session policy, and the fault that it has. */
const shops = Array.from({ length: 60 }, (_, at) => `'arn:aws:s3:::shop-{account}/of-the-branch-${at}/*'`)
const large = file.replace(`'arn:aws:s3:::shop-{account}/*'`, shops.join(', '))
const named = (sha256: string) =>
  large.replace(
    '    externalId:',
    `    managed: { arn: 'arn:aws:iam::{account}:policy/ci/stint-deploy', sha256: '${sha256}' }\n    externalId:`,
  )

t.test(
  'a managed policy is printed and checked, with the hash that the configuration asks for',
  async (t) => {
    const [, hinted = ''] = /with sha256: ([0-9a-f]{64})/.exec(init('deploy', {}, large).err) ?? []
    const [, sha256 = ''] = /must be ([0-9a-f]{64})/.exec(init('deploy', {}, named('0'.repeat(64))).err) ?? []
    t.equal(sha256, hinted)
    const text = named(sha256)
    const json = JSON.parse(init('deploy', {}, text).out)
    t.strictSame(json.managedPolicy, {
      PolicyName: 'stint-deploy',
      Path: '/ci/',
      PolicyDocument: json.permissionPolicy,
    })
    const unfilled = JSON.stringify(json.permissionPolicy).replaceAll('123456789012', '{account}')
    t.equal(createHash('sha256').update(unfilled).digest('hex'), sha256, 'one hash for all accounts')
    t.equal(json.managedSha256, sha256)
    const { Resources, Outputs } = JSON.parse(init('deploy', { format: 'cloudformation' }, text).out)
    t.strictSame(Resources.ManagedPolicy.Properties, {
      ManagedPolicyName: 'stint-deploy',
      Path: '/ci/',
      PolicyDocument: json.permissionPolicy,
    })
    t.strictSame(Outputs.ManagedSha256, { Value: sha256 })
    const terraform = init('deploy', { format: 'terraform' }, text).out
    t.match(terraform, `# sha256 of the ceiling: ${sha256}\nresource "aws_iam_policy" "stint_deploy" {`)
    t.match(terraform, /\{\n {2}name {3}= "stint-deploy"\n {2}path {3}= "\/ci\/"\n {2}policy = jsonencode\(/)
    const explained = await explainRole('stint.yaml', { file: text, env: {} }, 'deploy', {}, Date.now())
    t.match(explained, { exit: 0, out: /PutObject[^]*Nothing works outside us-east-1/ })

    const { sts, check, events } = await world(t, undefined, text)
    t.match(await check('deploy'), { exit: 0, out: /2 of 2 could be assumed/ })
    const arn = 'arn:aws:iam::123456789012:policy/ci/stint-deploy'
    for (const { policy, policyArns } of sts.sessions) {
      t.strictSame(policyArns, [arn])
      t.notMatch(policy, /Allow/)
      t.match(policy, /1970-01-01/)
    }
    t.strictSame((await events())[0]?.data.policyArns, [arn])
    t.match((await check('orders-debug')).out, /3 of 3/)
    t.strictSame(sts.sessions.at(-1)?.policyArns, [], 'others have none')
    sts.fail({ code: 'ValidationError', status: 400 })
    t.match(
      (await check('deploy')).out,
      /can be at fault: the managed policy arn:.*:policy\/ci\/stint-deploy\n/,
    )
  },
)

t.test('roles check calls nobody when it cannot be recorded', async (t) => {
  const { sts, check, folder } = await world(t)
  t.match(await check('deploy', undefined, join(folder, 'no', 'such', 'stint.db')), { exit: 8, out: '' })
  t.strictSame(sts.calls, [])
})
