import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { ulids } from '../src/grant/ulid.js'
import { smoke } from './smoke.js'

const usage = `npm run smoke:aws -- --account 123456789012 [--region us-east-1] [--other-region us-west-2]

Confirms in that account, with the AWS credentials of the environment, what only AWS can: that credentials die with
their window, stay in their region and scope, and can be revoked. It makes one IAM role, stint-smoke-..., tagged
stint-smoke, and removes it again, also after Ctrl-C. It takes two to eight minutes and costs nothing. The credentials
need iam:CreateRole, TagRole, PutRolePolicy, GetRolePolicy, ListRolePolicies, DeleteRolePolicy and DeleteRole, and
sts:AssumeRole, SetSourceIdentity and TagSession, on role/stint-smoke-*.`

const { values } = parseArgs({
  options: {
    account: { type: 'string' },
    region: { type: 'string', default: 'us-east-1' },
    'other-region': { type: 'string', default: 'us-west-2' },
  },
})
const { account = '', region, 'other-region': otherRegion } = values

if (!/^\d{12}$/.test(account) || region === otherRegion) {
  console.error(usage)
  process.exit(2)
}
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    console.log('       stopping: the role is removed first')
    stop.abort(new Error('stopped by hand'))
  })
const newId = ulids(randomBytes)
const held = await smoke({
  account,
  region,
  otherRegion,
  service: (name) => `https://dynamodb.${name}.amazonaws.com`,
  clock: Date.now,
  sleep: async (ms, signal) => {
    // What it was aborted with says more than that it was.
    await sleep(ms, undefined, { signal }).catch(() => signal.throwIfAborted())
  },
  newId: () => newId(Date.now()),
  say: console.log,
  signal: stop.signal,
})
process.exitCode = held ? 0 : 1
