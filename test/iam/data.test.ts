import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import t from 'tap'
import {
  actionOf,
  conditionKeysOf,
  expand,
  isKeyAmong,
  isWildcardOnly,
  keyType,
} from '../../src/iam/actions.js'
import { dataVersion } from '../../src/iam/service-data.js'
import { prefixes, serviceOf } from '../../src/iam/services.js'

const root = resolve(import.meta.dirname, '..', '..', '..')

t.test('the data in the tree is what the pinned package says', async (t) => {
  const check = spawnSync(process.execPath, [join(root, 'scripts', 'iam-index.mjs'), '--check'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.equal(check.stderr, '')
  t.equal(check.status, 0)
  t.match(dataVersion.updated, /^20\d\d-\d\d-\d\d$/)
})

t.test('every service unpacks', async (t) => {
  const services = prefixes.flatMap((prefix) => serviceOf(prefix) ?? [])
  t.equal(services.length, prefixes.length)
  const actions = services.flatMap((service) => [...service.actions.values()])
  t.ok(
    services.length > 400 && actions.length > 20_000,
    `${services.length} services, ${actions.length} actions`,
  )
  t.strictSame(
    actions.filter(({ name, levels }) => levels.length === 0 || !/^[a-z0-9-]+:[A-Za-z0-9_-]+$/.test(name)),
    [],
    'every action has a level and a name',
  )
  const types = services.flatMap(({ resourceTypes }) => resourceTypes)
  t.strictSame(
    types.filter(({ arn }) => arn !== '*' && arn.split(':').length < 6),
    [],
  )
  t.equal(expand('*').length, actions.length)
  t.equal(serviceOf('constructor'), undefined)
  t.equal(serviceOf('DynamoDB'), serviceOf('dynamodb'))
})

t.test('actions', async (t) => {
  t.match(actionOf('DYNAMODB:getitem'), {
    service: 'dynamodb',
    name: 'dynamodb:GetItem',
    levels: ['Read'],
    on: [{ type: { name: 'table' }, required: true }],
  })
  t.strictSame(actionOf('sqs:AddPermission')?.levels, ['Permissions management', 'Write'])
  t.equal(actionOf('dynamodb:GetItems'), undefined)
  t.equal(actionOf('nonsense'), undefined)
  t.strictSame(
    expand('dynamodb:?etItem').map(({ name }) => name),
    ['dynamodb:GetItem'],
  )
  t.strictSame(expand('dynamodb:Nothing*'), [])
  t.strictSame(expand('nowhere:*'), [])
  t.equal(expand('*:*').length, expand('*').length)
  const only = (name: string): boolean | undefined => {
    const action = actionOf(name)
    return action && isWildcardOnly(action)
  }
  t.equal(only('s3:ListAllMyBuckets'), true)
  t.equal(only('s3:GetObject'), false)
  t.ok(
    actionOf('ec2:RunInstances')?.on.some(({ required }) => !required),
    'some may be left out',
  )
})

t.test('condition keys hang on the action, on its resource type, or on the type alone', async (t) => {
  const has = (name: string, key: string): boolean => {
    const action = actionOf(name)
    return action !== undefined && isKeyAmong(conditionKeysOf(action), key)
  }
  t.ok(has('dynamodb:GetItem', 'dynamodb:leadingkeys'))
  t.ok(has('rds:CreateDBInstance', 'rds:DatabaseClass'), 'on the resource type’s details')
  t.ok(has('s3:GetObject', 's3:ExistingObjectTag/team'), 'with what varies')
  t.notOk(has('s3:GetObject', 's3:ExistingObjectTag/'))
  t.notOk(has('dynamodb:GetItem', 's3:prefix'))
  for (const [key, type] of [
    ['aws:CurrentTime', 'Date'],
    ['AWS:sourceip', 'IPAddress'],
    ['aws:PrincipalTag/team', 'String'],
    ['aws:TagKeys', 'ArrayOfString'],
    ['dynamodb:LeadingKeys', 'ArrayOfString'],
    ['s3:prefix', 'String'],
    ['sts:ExternalId', 'String'],
    ['iam:PassedToService', 'String'],
    ['token.actions.githubusercontent.com:sub', 'String'],
    ['kms:EncryptionContext:app', 'String'],
    ['aws:Nonsense', undefined],
    ['nowhere:key', undefined],
    ['plain', undefined],
  ] as const)
    t.equal(keyType(key), type, key)
})
