import { denyPolicies } from '../src/grant/deny-policy.js'
import type { Credentials, Minted, Order } from '../src/grant/mint.js'
import { sessionName, sourceIdentity } from '../src/iam/names.js'
import { compile, limit } from '../src/iam/session-policy.js'
import { createIam } from '../src/mint/iam.js'
import { createSts } from '../src/mint/sts.js'
import type { Clock, Duration, Instant } from '../src/time.js'
import { signedRequest } from '../test/support/aws-service.js'
import { accountOf, makeRole, removeRole, type Place, type SmokeRole } from './role.js'

export interface SmokeOptions extends Place {
  /** The account that it is for: keys of any other are refused. */
  readonly account: string
  /** A region that the session is not for. */
  readonly otherRegion: string
  /** Where DynamoDB of a region is. */
  readonly service: (region: string) => string
  readonly clock: Clock
  /** Rejects when the signal is aborted meanwhile. */
  readonly sleep: (ms: Duration, signal: AbortSignal) => Promise<void>
  /** A fresh ULID. */
  readonly newId: () => string
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** How long AWS may take for what it promises within moments, and for what it promises within minutes. */
const patience = { role: 120_000, bound: 60_000, deny: 300_000 } satisfies Record<string, Duration>
const pause: Duration = 2_000

/** A window far below the 900 seconds that STS gives at least. */
const shortWindow: Duration = 45_000

/**
 * Confirms in a real account what only AWS can: with the mint, the session policies and the denies that Stint itself
 * uses, on one role that is made for it and removed afterwards, whatever happened. Says each step, and whether all held.
 */
export async function smoke(options: SmokeOptions): Promise<boolean> {
  const { account, say } = options
  const found = await accountOf(options).catch(wordsOf)
  if (found !== account) {
    say(`FAILED these should be keys of account ${account}, and AWS says: ${found}. Nothing was made`)
    return false
  }
  const id = options.newId().toLowerCase()
  const name = `stint-smoke-${id}`
  let held = false
  try {
    say(`       in account ${account}, by one role, ${name}`)
    held = await steps(options, await makeRole(options, account, id))
  } catch (error) {
    say(`FAILED ${wordsOf(error)}`)
  }
  try {
    await removeRole(options, name)
    say(`       ${name} is removed`)
  } catch (error) {
    say(`LEFT   ${name} could not be removed (${wordsOf(error)}). By hand:`)
    say(`       aws iam list-role-policies --role-name ${name}   # delete each: aws iam delete-role-policy`)
    say(`       aws iam delete-role --role-name ${name}`)
    return false
  }
  return held
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)

async function steps(options: SmokeOptions, role: SmokeRole): Promise<boolean> {
  const { account, region, otherRegion, clock, newId, say, signal } = options
  const wait = (ms: Duration) => options.sleep(ms, signal)
  const { credentials, sts: endpoint, iam } = options
  const shared = credentials ? { credentials } : {}
  const mint = createSts({
    clock,
    sleep: wait,
    random: () => 0.5,
    region,
    ...shared,
    ...(endpoint !== undefined && { endpoint }),
  })
  const deny = createIam({ keysFor: async () => credentials, ...(iam !== undefined && { endpoint: iam }) })
  const table = (name: string) => `arn:aws:dynamodb:${region}:${account}:table/stint-smoke-${name}`
  const statements = [{ actions: ['dynamodb:GetItem'], resources: [table('orders')] }]
  let held = true
  const tell = (ok: boolean, what: string) => {
    held &&= ok
    say(`${ok ? 'ok    ' : 'FAILED'} ${what}`)
  }

  /** The order that the broker would give for this window. */
  function order(notAfter: Instant): Order {
    const policy = compile(statements, { notAfter, regions: [region] })
    if (!policy.ok) throw new Error(policy.detail)
    const issuance = newId()
    return {
      roleArn: role.arn,
      sessionName: sessionName('smoke#stint', issuance),
      sourceIdentity: sourceIdentity('smoke#stint'),
      externalId: role.externalId,
      tags: { 'stint:grant': issuance },
      durationSeconds: 900,
      policy: policy.json,
      region,
    }
  }
  /** What DynamoDB says to these credentials: whether they may, whether or not there is such a table. */
  async function may(keys: Credentials, { action = 'GetItem', name = 'orders', at = region } = {}) {
    signal.throwIfAborted()
    const call = { action, table: `stint-smoke-${name}`, region: at, keys, clock }
    const { status, refused = '' } = await signedRequest({ url: options.service(at), ...call })
    if (status === 200 || refused.startsWith('ResourceNotFound')) return true
    if (refused.startsWith('AccessDenied')) return false
    throw new Error(`DynamoDB in ${at} answered ${status} ${refused}`)
  }
  /** Until it is so; how many seconds that took, or undefined when it was not in time. */
  async function until(patience: Duration, holds: () => Promise<boolean>): Promise<number | undefined> {
    const began = clock()
    for (;;) {
      if (await holds()) return Math.round((clock() - began) / 1_000)
      if (clock() - began > patience) return undefined
      await wait(pause)
    }
  }
  const assume = (window: Duration) => mint.assume(order(clock() + window))

  try {
    let first: Minted | undefined
    const ready = await until(patience.role, async () => {
      first = await assume(600_000)
      return first.ok
    })
    if (!first?.ok) {
      tell(false, `the role can be assumed: ${first?.fault.detail ?? ''}`)
      return false
    }
    const { length } = order(clock()).policy
    const packed = first.packedPolicySize ?? 'an unknown part'
    tell(
      true,
      `the role can be assumed, ${ready} s after it was made, with SourceIdentity, tag and external id`,
    )
    say(
      `       session policy: ${length} of ${limit} characters; with the tag, ${packed} percent of the packed limit`,
    )
    const stranger = await mint.assume({ ...order(clock() + 600_000), externalId: 'another' })
    tell(!stranger.ok && stranger.fault.code === 'sts_denied', 'and not with another external id')

    const keys = first.credentials
    // A role’s own policy is not there at once for each session either.
    const allowed = await until(patience.role, () => may(keys))
    tell(allowed !== undefined, 'the session may do what was granted')
    tell(!(await may(keys, { action: 'Query' })), 'not another action, which the role itself may')
    tell(!(await may(keys, { name: 'payroll' })), 'not on another resource, where the role itself may')
    tell(!(await may(keys, { at: otherRegion })), `not in ${otherRegion}, where the role itself may`)

    const short = await assume(shortWindow)
    const other = await assume(600_000)
    if (!short.ok || !other.ok) {
      tell(false, 'two more sessions')
      return false
    }
    const ends = clock() + shortWindow
    tell(await may(short.credentials), `a session of 900 s, for a window of ${shortWindow / 1_000} s, works`)
    await wait(Math.max(0, ends - clock()))
    const over = await until(patience.bound, async () => !(await may(short.credentials)))
    tell(
      over !== undefined,
      `and is over when the window is${over === undefined ? '' : ` (seen after ${over} s)`}`,
    )

    const [, revoked = ''] = first.assumedRoleId.split(':')
    const row = {
      id: newId(),
      grant: 'smoke',
      state: 'done',
      sessionName: revoked,
      startedAt: clock(),
    } as const
    const entry = { whose: { grant: 'smoke' }, before: clock(), until: clock() + 900_000 }
    const documents = denyPolicies([entry], () => [row])
    const written = await deny.write({ arn: role.arn, account, how: 'inline', documents, id: newId() })
    tell(written.ok, `a deny of one session is written${written.ok ? '' : `: ${written.detail}`}`)
    const took = written.ok ? await until(patience.deny, async () => !(await may(keys))) : undefined
    tell(took !== undefined, `and AWS applies it${took === undefined ? '' : ` (seen after ${took} s)`}`)
    tell(await may(other.credentials), 'while its neighbour works on')
    return held
  } finally {
    mint.close()
    deny.close()
  }
}
