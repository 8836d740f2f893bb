import '../support/loopback-only.js'
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { smoke } from '../../smoke/smoke.js'
import { ulids } from '../../src/grant/ulid.js'
import type { Clock } from '../../src/time.js'
import { startAwsService } from '../support/aws-service.js'
import { startIam } from '../support/iam.js'
import { account, handClock } from '../support/stint.js'
import { startSts, stsActions, type StsRole } from '../support/sts.js'

/** `npm run smoke:aws`, against the STS, IAM and DynamoDB of loopback: every step, and what goes wrong. */

const keys = {
  accessKeyId: 'AKIASMOKESMOKESMOKES',
  secretAccessKey: 'the-secret-key-of-the-smoke-test-0000000',
}
const anything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }] }

async function world(t: Test, { serviceClock }: { serviceClock?: Clock } = {}) {
  const clock = handClock()
  const roles: Record<string, StsRole> = {}
  const broker = { ...keys, arn: `arn:aws:iam::${account}:user/operator`, allow: stsActions }
  const sts = await startSts({ clock, signedAt: Date.now, roles, broker })
  const iam = await startIam({
    signedAt: Date.now,
    sts: { find: sts.find, roles },
    broker: { ...keys, policy: anything, account },
  })
  const aws = await startAwsService({ clock: serviceClock ?? clock, signedAt: clock, sts, iam })
  t.teardown(() => Promise.all([sts.close(), iam.close(), aws.close()]))
  const said: string[] = []
  const stop = new AbortController()
  const run = (wanted = account, heard: (line: string) => void = () => undefined) =>
    smoke({
      account: wanted,
      region: 'us-east-1',
      otherRegion: 'eu-west-1',
      credentials: keys,
      iam: iam.url,
      sts: sts.url,
      service: () => aws.url,
      clock,
      sleep: async (ms, signal) => {
        signal.throwIfAborted()
        clock.advance(ms)
      },
      newId: () => ulids(randomBytes)(clock()),
      say(line) {
        said.push(line)
        heard(line)
      },
      signal: stop.signal,
    })
  const failed = () => said.filter((line) => line.startsWith('FAILED'))
  return { clock, sts, iam, roles, said, failed, stop, run }
}

t.test('every step holds, and nothing is left', async (t) => {
  const { run, said, failed, roles, iam, sts } = await world(t)
  t.equal(await run(), true, said.join('\n'))
  t.strictSame(failed(), [])
  t.equal(said.filter((line) => line.startsWith('ok')).length, 11)
  t.match(said.join('\n'), /not in eu-west-1/)
  t.match(said.join('\n'), /\d+ of 2048 characters; with the tag, \d+ percent/)
  t.strictSame(Object.keys(roles), [])
  t.match(iam.calls[0]?.parameters, { 'Tags.member.1.Key': 'stint-smoke', RoleName: /^stint-smoke-/ })
  t.equal(new Set(iam.calls.map(({ role }) => role)).size, 1, 'no other role is touched')
  t.match(sts.sessions[0]?.policy, /DateGreaterThan/, 'the policy is the one that Stint makes')
  t.notOk(sts.secrets.some((secret) => said.join().includes(secret)))
})

t.test('what AWS does not do is said, and the role is removed all the same', async (t) => {
  const start = Date.now()
  const timeless = await world(t, { serviceClock: () => start })
  t.equal(await timeless.run(), false)
  t.match(timeless.failed(), [/is over when the window is/])
  t.strictSame(Object.keys(timeless.roles), [])

  const closed = await world(t)
  const closing = (line: string) => {
    if (/in account/.test(line)) closed.sts.fail({ code: 'AccessDenied', status: 403, times: 1_000 })
  }
  t.equal(await closed.run(account, closing), false)
  t.match(closed.failed(), [/the role can be assumed: AWS refused sts:AssumeRole/])
  t.strictSame(Object.keys(closed.roles), [])
})

t.test('stopped by hand, refused half-way, kept from removing, or another account', async (t) => {
  const stopped = await world(t)
  const stopping = (line: string) => {
    if (/two more|a session of 900/.test(line)) stopped.stop.abort(new Error('stopped by hand'))
  }
  t.equal(await stopped.run(account, stopping), false)
  t.match(stopped.failed(), [/stopped by hand/])
  t.strictSame(Object.keys(stopped.roles), [], 'the role is gone')

  const halfWay = await world(t)
  const trouble = (line: string) => {
    if (/in account/.test(line)) halfWay.iam.fail('ServiceFailure', 500, 3)
  }
  t.equal(await halfWay.run(account, trouble), false)
  t.strictSame(Object.keys(halfWay.roles), [])

  const kept = await world(t)
  const refusing = (line: string) => {
    if (/neighbour/.test(line)) kept.iam.fail('AccessDenied', 403, 1_000)
  }
  t.equal(await kept.run(account, refusing), false)
  t.match(kept.said.join('\n'), /LEFT {3}stint-smoke-\w+ could not be removed \(AccessDenied/)
  t.equal(Object.keys(kept.roles).length, 1)

  const wrong = await world(t)
  t.equal(await wrong.run('999999999999'), false)
  t.match(wrong.said, [
    /should be keys of account 999999999999, and AWS says: 123456789012. Nothing was made/,
  ])
  const keyless = await world(t)
  keyless.sts.fail({ code: 'InvalidClientTokenId', status: 403 })
  t.equal(await keyless.run(), false)
  t.match(keyless.said, [/AWS says: InvalidClientTokenId/])
  t.strictSame([...wrong.iam.calls, ...keyless.iam.calls], [])
})
