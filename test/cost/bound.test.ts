import t from 'tap'
import fc from 'fast-check'
import { estimate } from '../../src/cost/estimate.js'
import type { Denial, Policy } from '../../src/cost/policy.js'
import type { Account } from '../../src/cost/prices.js'
import { readPrices } from '../../src/cost/read.js'
import { boundOf, type Receipt } from '../../src/cost/receipt.js'
import { concerns, usualThreshold } from '../../src/cost/concerns.js'
import { receiptText } from '../../src/cost/text.js'
import { familyOf } from '../../src/cost/ec2.js'
import { actionOf } from '../../src/iam/actions.js'
import { prefixes, serviceOf } from '../../src/iam/services.js'
import type { Statement } from '../../src/iam/statement.js'
import { newRights, takenRoles } from '../../src/iam/lint/escalation-paths.js'
import { account as one, allows, book, edited, hour, priced, shipped } from './book.js'

/** What must hold for every policy, and of the data that it is priced from. */

const action = fc.constantFrom(
  'ec2:RunInstances',
  'ec2:Run*',
  'ec2:CreateFleet',
  'ec2:CreateVolume',
  'ec2:*',
  'rds:CreateDBInstance',
  's3:PutObject',
  's3:*',
  'dynamodb:Query',
  'lambda:InvokeFunction',
  'bedrock:InvokeModel',
  'iam:PassRole',
  'shield:*',
  'sagemaker:CreateApp',
  'route53:CreateHostedZone',
  'new:Thing',
)
const resource = fc.constantFrom(
  '*',
  'arn:aws:ec2:*:*:instance/*',
  'arn:aws:ec2:us-east-1:*:*',
  'arn:aws:ec2:*:*:subnet/*',
  'arn:aws:rds:*:*:db:*',
  'arn:aws:s3:::a/*',
  'arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-4-7-v1:0',
  'arn:aws:bedrock:*::foundation-model/*',
  'arn:aws:iam::123456789012:role/app',
  'arn:aws-cn:ec2:*:*:*',
)
const key = fc.constantFrom(
  'ec2:InstanceType',
  'aws:RequestedRegion',
  'rds:DatabaseClass',
  'ec2:VolumeType',
  'aws:SourceIp',
)
const operator = fc.constantFrom(
  'StringEquals',
  'StringLike',
  'StringEqualsIfExists',
  'ForAllValues:StringLike',
  'StringNotEquals',
  'StringNotLike',
)
const value = fc.constantFrom(
  'm5.large',
  'm5.*',
  'z99.*',
  'p5.48xlarge',
  'us-east-1',
  'eu-*',
  'gp3',
  'db.r5.4xlarge',
  '*',
)
const conditions = fc.dictionary(
  operator,
  fc.dictionary(key, fc.array(value, { minLength: 1, maxLength: 2 }), { minKeys: 1, maxKeys: 2 }),
  { maxKeys: 2 },
)
const list = <T>(one: fc.Arbitrary<T>) => fc.uniqueArray(one, { minLength: 1, maxLength: 3 })
const statement: fc.Arbitrary<Statement> = fc.record({
  actions: list(action),
  resources: list(resource),
  conditions,
})
const denial: fc.Arbitrary<Denial> = fc.oneof(
  fc.record({ actions: list(action), resources: list(resource), conditions }),
  fc.record({ notActions: list(action), resources: list(resource), conditions }),
)
const policy: fc.Arbitrary<Policy> = fc.record({
  allow: fc.array(statement, { minLength: 1, maxLength: 3 }),
  deny: fc.array(denial, { maxLength: 1 }),
})
const regions = fc.uniqueArray(fc.constantFrom('us-east-1', 'eu-west-1', 'sa-east-1'), {
  minLength: 1,
  maxLength: 3,
})
const account: fc.Arbitrary<Account> = fc.record({
  regions,
  horizon: fc.integer({ min: 0, max: 72 * hour }),
  quotas: fc.record(
    { 'ec2.standard': fc.integer({ min: 0, max: 2_000 }), 'rds.instances': fc.integer({ min: 0, max: 40 }) },
    { requiredKeys: [] },
  ),
})
const window = fc.integer({ min: 60_000, max: 12 * hour })

const of = (asked: Policy, length: number, profile: Account) => estimate(asked, length, profile, book)

/** What lets somebody in for longer, or runs what they like with another's rights, each alone. */
const waysIn = [
  'account:AcceptPrimaryEmailUpdate',
  'account:StartPrimaryEmailUpdate',
  'codecommit:CreateCommit',
  'codecommit:MergeBranchesBySquash',
  'codecommit:MergePullRequestByFastForward',
  'codecommit:OverridePullRequestApprovalRules',
  'codecommit:PutFile',
  'codecommit:UpdateDefaultBranch',
  'ec2:CreateLaunchTemplateVersion',
  'ec2:ModifyLaunchTemplate',
  'eks:AssociateAccessPolicy',
  'eks:AssociateIdentityProviderConfig',
  'eks:CreateAccessEntry',
  'iam:DeactivateMFADevice',
  'iam:EnableOrganizationsRootCredentialsManagement',
  'iam:EnableOrganizationsRootSessions',
  'iam:UpdateAccessKey',
  'identitystore:CreateUser',
  'organizations:AcceptHandshake',
  'organizations:InviteAccountToOrganization',
  'organizations:InviteOrganizationToTransferResponsibility',
  'organizations:UpdateResponsibilityTransfer',
  'sso-directory:CreateBearerToken',
  'sso-directory:EnableExternalIdPConfigurationForDirectory',
  'sso-directory:UpdateUser',
  'sso-oauth:CreateTokenWithIAM',
  'sso:AssociateProfile',
  'ssm:UpdateDocument',
  'ssm:UpdateDocumentDefaultVersion',
  'ssm:UpdateMaintenanceWindow',
  'ssm:UpdateMaintenanceWindowTarget',
  'ssm:UpdateMaintenanceWindowTask',
  'sts:GetDelegatedAccessToken',
  'sts:GetWebIdentityToken',
]

/** Whether one receipt asks for no less than another: of money, and of what nobody can say. */
function atLeast(more: Receipt, less: Receipt): boolean {
  const known = new Set(more.unpriced.map(({ action }) => action))
  const all = more.unpricedCount > more.unpriced.length
  return (
    boundOf(more) >= boundOf(less) - 1e-6 &&
    more.usd >= less.usd - 1e-6 &&
    (boundOf(more) === Infinity || all || less.unpriced.every(({ action }) => known.has(action))) &&
    more.commitments.length >= less.commitments.length
  )
}

const runs = { numRuns: 120 }

t.test('more never costs less', async () => {
  fc.assert(
    fc.property(policy, statement, window, account, (asked, one, length, profile) =>
      atLeast(of({ ...asked, allow: [...asked.allow, one] }, length, profile), of(asked, length, profile)),
    ),
    runs,
  )
  fc.assert(
    fc.property(policy, action, window, account, (asked, one, length, profile) => {
      const [first, ...rest] = asked.allow as [Statement, ...Statement[]]
      const wider = { ...asked, allow: [{ ...first, actions: [...first.actions, one] }, ...rest] }
      return atLeast(of(wider, length, profile), of(asked, length, profile))
    }),
    runs,
  )
  fc.assert(
    fc.property(policy, window, window, account, (asked, length, more, profile) =>
      atLeast(of(asked, length + more, profile), of(asked, length, profile)),
    ),
    runs,
  )
  fc.assert(
    fc.property(policy, window, account, (asked, length, profile) =>
      profile.regions.every((_, at) =>
        atLeast(
          of(asked, length, profile),
          of(asked, length, { ...profile, regions: profile.regions.toSpliced(at, 1) }),
        ),
      ),
    ),
    runs,
  )
})

t.test('a limit never costs more', async () => {
  fc.assert(
    fc.property(policy, denial, window, account, (asked, one, length, profile) =>
      atLeast(of(asked, length, profile), of({ ...asked, deny: [...asked.deny, one] }, length, profile)),
    ),
    runs,
  )
  fc.assert(
    fc.property(policy, operator, key, value, window, account, (asked, how, name, only, length, profile) => {
      const [first, ...rest] = asked.allow as [Statement, ...Statement[]]
      // Another value in a condition that is there already would widen it.
      fc.pre(first.conditions?.[how]?.[name] === undefined)
      const conditions = { ...first.conditions, [how]: { ...first.conditions?.[how], [name]: [only] } }
      const narrower = { ...asked, allow: [{ ...first, conditions }, ...rest] }
      return atLeast(of(asked, length, profile), of(narrower, length, profile))
    }),
    runs,
  )
  fc.assert(
    fc.property(
      policy,
      window,
      account,
      fc.integer({ min: 0, max: 2_000 }),
      (asked, length, profile, quota) => {
        const now =
          typeof profile.quotas['ec2.standard'] === 'number' ? profile.quotas['ec2.standard'] : 1_152
        const less = { ...profile, quotas: { ...profile.quotas, 'ec2.standard': Math.min(quota, now) } }
        return atLeast(of(asked, length, profile), of(asked, length, less))
      },
    ),
    runs,
  )
})

t.test('the data is whole, and says where each of it comes from', async (t) => {
  t.equal(book.drivers.length > 50 && book.commitments.size > 30 && book.escalators.size > 80, true)
  for (const { id, offers } of book.drivers) t.ok(offers.length > 0, id)
  t.strictSame(
    [
      'm5.large',
      'im4gn.large',
      'cr1.8xlarge',
      'p5.48xlarge',
      'g6e.xlarge',
      'gr6.4xlarge',
      'vt1.3xlarge',
      'u7in-32tb.224xlarge',
      'inf2.xlarge',
      'trn1.2xlarge',
      'dl1.24xlarge',
      'hpc7g.4xlarge',
      'x2idn.metal',
      'f1.2xlarge',
    ].map(familyOf),
    [
      'standard',
      'standard',
      'standard',
      'p',
      'g',
      'g',
      'g',
      'high-memory',
      'inf',
      'trn',
      'dl',
      'hpc',
      'x',
      'f',
    ],
  )
  const writes = prefixes.flatMap((prefix) =>
    [...(serviceOf(prefix)?.actions.values() ?? [])].filter(({ levels }) => levels.includes('Write')),
  )
  const names = new Set(writes.map(({ name }) => name.toLowerCase()))
  t.strictSame(
    [...book.escalators.keys(), ...book.commitments.keys()].filter((name) => !names.has(name)),
    [],
    'every action that escalates or commits is one that AWS documents, and writes',
  )
  const free = writes.filter(({ name }) => book.freeOf(name) !== undefined).map(({ name }) => name)
  for (const name of [
    'iam:PassRole',
    'autoscaling:PutScalingPolicy',
    's3:PutLifecycleConfiguration',
    'sagemaker:CreateApp',
  ])
    t.notOk(free.includes(name), `${name} is not free`)
})

t.test('no known way to more rights is granted for what it costs by itself', async (t) => {
  const about = (actions: readonly string[]) =>
    concerns(priced(allows(actions), one()), usualThreshold, undefined, Date.UTC(2026, 10, 24))
  for (const { id, needs, wide = [], passes } of [...newRights, ...takenRoles])
    t.ok(about([...needs, ...wide, ...(passes === undefined ? [] : ['iam:PassRole'])]).length > 0, id)
  for (const action of waysIn) t.match(about([action]), [/^Nothing bounds what/], action)
  for (const action of ['CloseAccount', 'EnableAllFeatures', 'EnableAWSServiceAccess'])
    t.match(about([`organizations:${action}`]), [/^Nobody has priced/], action)
  const ofPeople = 'account iam identitystore organizations sso sso-directory sso-oauth sts'.split(' ')
  for (const service of ofPeople) t.equal(book.freeOf(`${service}:NewThing`), undefined, service)
})

t.test('a receipt says that traffic is not in it', async (t) => {
  const said = (action: string) => {
    const receipt = priced(allows([action]), one({}, { quotas: {} }))
    t.ok(receipt.lines.length > 0, action)
    for (const { driver, assumes } of receipt.lines)
      if (!/storage|iops|volumes|requests/.test(driver)) t.match(assumes, /Without its traffic/, driver)
    t.match(receiptText(receipt), /Traffic through .* and out of what runs, is not in the bound\./)
  }
  for (const name of ['RunInstances', 'CreateNatGateway', 'CreateVpcEndpoint', 'AllocateAddress'])
    said(`ec2:${name}`)
  for (const action of [
    'elasticloadbalancing:CreateLoadBalancer',
    'rds:CreateDBInstance',
    'eks:CreateNodegroup',
    'ecs:RunTask',
    'lambda:InvokeFunction',
  ])
    said(action)
})

t.test('what reads and is charged for each use is never nothing', async (t) => {
  const meant = [
    ...['GetMetricData', 'GetMetricWidgetImage', 'GetMetricStatistics'].map((name) => `cloudwatch:${name}`),
    ...['InvokeAgent', 'InvokeFlow', 'Retrieve', 'RetrieveAndGenerate', 'ApplyGuardrail', 'Rerank'].map(
      (name) => `bedrock:${name}`,
    ),
    ...['logs:StartQuery', 'logs:StartLiveTail', 'rekognition:DetectFaces', 'rekognition:CompareFaces'],
    ...['rekognition:SearchFacesByImage', 'textract:AnalyzeDocument', 'textract:DetectDocumentText'],
    ...['translate:TranslateText', 'polly:SynthesizeSpeech', 'comprehend:BatchDetectSentiment'],
    ...['sagemaker:InvokeEndpoint', 'kendra:Query', 'timestream:Select', 'athena:StartQueryExecution'],
    ...['redshift-data:ExecuteStatement', 'cloudtrail:StartQuery', 'geo:CalculateRoute', 'geo-maps:GetTile'],
    ...['mobiletargeting:PhoneNumberValidate', 'dynamodb:GetRecords', 'ecr:GetDownloadUrlForLayer'],
    ...['ce:GetAnomalies', 's3:GetObjectTagging', 'kinesis:SubscribeToShard', 'ebs:GetSnapshotBlock'],
  ]
  for (const action of [...meant, ...book.metered.keys()]) {
    const { usd, unpricedCount } = priced(allows([action]), one({}, { quotas: {} }))
    t.ok(usd > 0 || unpricedCount > 0, action)
  }
  const { unpriced } = priced(allows(['geo:*']), one())
  t.ok(
    unpriced.some(({ action, why }) => action === 'geo:CalculateRoute' && /charged for each use/.test(why)),
  )
  t.strictSame(
    [...book.metered.keys()].filter((name) => book.escalators.has(name) || !actionOf(name)),
    [],
  )
})

t.test('data that is broken is refused, and never priced as nothing', async (t) => {
  const refused = (files: typeof shipped, detail: RegExp) =>
    t.throws(() => readPrices(files), { code: 'invalid_config', detail }, String(detail))
  refused({ ...shipped, prices: '{' }, /prices\.json is not JSON/)
  refused({ ...shipped, drivers: '{}' }, /has another form/)
  refused(edited('prices', ['"usd": 0.045', '"usd": 0']), /ec2-nat-gateway is no price/)
  refused(edited('prices', ['"usd": 0.045', '"usd": "0.045"']), /ec2-nat-gateway is no price/)
  refused(edited('prices', ['"otherwise": 1.25', '"otherwise": 0.5']), /cheaper/)
  refused(edited('prices', ['"from": "infracost"', '"from": "hearsay"']), /has no source hearsay/)
  refused(edited('ec2', ['"usdPerHour": 0.204', '"usdPerHour": -1']), /a1\.2xlarge is no price/)
  refused(edited('ec2', ['"t3a": 0.05', '"t3a": 0']), /credits of t3a/)
  refused(edited('ec2', ['"retrieved": "2026-08-01"', '"retrieved": "lately"']), /credits of ec2\.json lack/)
  refused(edited('drivers', ['"price": "ec2-nat-gateway"', '"price": "no"']), /nat-gateways has no price/)
  refused(edited('drivers', ['"pool": "ec2.nat-gateways"', '"pool": "no"']), /nat-gateways has no pool no/)
  refused(
    edited('drivers', ['"reviewed": "2026-11-24"', '"reviewed": "lately"']),
    /lacks its actions, source or day/,
  )
  refused(edited('quotas', ['"limit": 1152', '"limit": 0']), /ec2\.standard has no limit/)
  refused(edited('free', ['"why": "Tags cost nothing."', '"why": ""']), /lacks its actions, reason/)
})
