import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIdentityProvider, type IdentityProvider } from '../test/support/identity-provider.js'
import { spawnReplica, startReplica, type Replica } from '../test/support/replica.js'
import { startSlack, type Slack } from '../test/support/slack.js'
import { slackRules } from '../test/support/slack-stint.js'
import { account, roleArn, trustingRole } from '../test/support/stint.js'
import { startSts, stsActions, type Sts } from '../test/support/sts.js'
import type { Ground } from './ground.js'
import { openGuest, type Guest } from './guest.js'
import type { Front } from './load.js'

/** Brokers of their own processes on one store, and on loopback all that they talk to. */
export interface World extends Front {
  readonly ground: Ground
  readonly sts: Sts
  readonly idp: IdentityProvider
  readonly slack: Slack
  /** What a process is started with. */
  readonly config: string
  readonly env: Readonly<Record<string, string>>
  readonly brokers: () => readonly Replica[]
  /** For how many milliseconds the oldest of them has run. */
  readonly upFor: () => number
  /** Starts what is not running, as a supervisor would. Rejects when one cannot be started. */
  up(): Promise<void>
  /** Starts one too many in vain: it is killed so many milliseconds later, whatever it is doing then. */
  stillborn(lives: number): Promise<void>
  /** A broker of this process, whose clock can be stepped; whoever asks is sent to it until it is closed. */
  guest(): Promise<Guest>
  /** Ends one by a signal, and waits until it has ended. */
  end(broker: Replica, signal: NodeJS.Signals): Promise<void>
  /** Brokers that ended and were not told to, with their last words. */
  readonly deserters: () => readonly string[]
  /** Every line that any of them ever logged. */
  readonly logged: () => readonly string[]
  close(): Promise<void>
}

const own = {
  accessKeyId: 'AKIAFAULTSFAULTS0000',
  secretAccessKey: 'the-own-secret-key-of-the-fault-harness-0',
}

/** Longer than any start may take, on a machine that is busy. */
const slowestStart = 120_000

/** What is under way is finished first: STS's deadline, and the store's. */
const slowestEnd = 60_000

/** A token lives an hour; it is made anew long before. */
const tokenLife = 20 * 60_000

export async function startWorld(ground: Ground): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'stint-faults-'))
  const [idp, slack, sts] = await Promise.all([
    startIdentityProvider(),
    startSlack({}),
    startSts({
      clock: Date.now,
      roles: { [roleArn('orders-debug')]: trustingRole, [roleArn('orders-repair')]: trustingRole },
      broker: { ...own, arn: `arn:aws:iam::${account}:user/stint`, allow: stsActions },
    }),
  ])
  const config = join(folder, 'stint.yaml')
  const issuer = `{ issuer: "${idp.issuer}", directory: corp, audience: stint, claims: { groups: groups, keep: [repository] } }`
  writeFileSync(config, `issuers: [${issuer}]\n${slackRules.replaceAll('from: [office]', 'from: any')}`)
  const env = {
    STINT_STORE: ground.store,
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ACCESS_KEY_ID: own.accessKeyId,
    AWS_SECRET_ACCESS_KEY: own.secretAccessKey,
    STINT_SLACK_API_URL: slack.url,
    // Without its signing secret: Slack is told, and what would take its clicks is not loaded at each start.
    STINT_SLACK_BOT_TOKEN: slack.botToken,
  }

  let brokers: readonly Replica[] = []
  const started = new Map<Replica, number>()
  const told = new Set<Replica>()
  const deserters: string[] = []
  const guestLog: string[] = []
  const logs: (readonly string[])[] = [guestLog]
  let guest: string | undefined
  const tokens = new Map<string, { readonly token: string; readonly key: string; readonly until: number }>()

  async function start(): Promise<Replica> {
    const stop = new AbortController()
    const late = sleep(slowestStart, undefined, { signal: stop.signal, ref: false }).then(() => {
      throw new Error(`A broker did not start in ${slowestStart / 1_000} s.`)
    })
    late.catch(() => undefined)
    const broker = await Promise.race([startReplica(['--config', config], env), late])
    stop.abort()
    logs.push(broker.log)
    started.set(broker, Date.now())
    broker.child.once('exit', (code, signal) => {
      if (!told.has(broker))
        deserters.push(`a broker ended by itself (${signal ?? code}): ${broker.log.slice(-3).join(' | ')}`)
      brokers = brokers.filter((one) => one !== broker)
    })
    // What it wrote is searched then; a disk that is broken just now may not let it.
    broker.ended.catch((error: unknown) => {
      if (String(error).includes('minted secret')) deserters.push(String(error))
    })
    return broker
  }

  async function up(): Promise<void> {
    const missing = Array.from({ length: ground.brokers - brokers.length }, start)
    const came = await Promise.allSettled(missing)
    brokers = [...brokers, ...came.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))]
    for (const one of came) if (one.status === 'rejected') throw one.reason
  }

  async function stillborn(lives: number): Promise<void> {
    const child = spawnReplica(['--config', config], env)
    const ended = once(child, 'exit')
    await sleep(lives)
    child.kill('SIGKILL')
    await ended
  }

  async function end(broker: Replica, signal: NodeJS.Signals): Promise<void> {
    told.add(broker)
    if (broker.child.exitCode !== null || broker.child.signalCode !== null) return
    const ended = once(broker.child, 'exit') as Promise<[number | null]>
    broker.child.kill(signal)
    const late = setTimeout(() => {
      deserters.push(`a broker did not end in ${slowestEnd / 1_000} s of ${signal}`)
      broker.child.kill('SIGKILL')
    }, slowestEnd)
    const [code] = await ended
    clearTimeout(late)
    if (signal === 'SIGTERM' && code !== 0) deserters.push(`a broker ended with ${code} when it was told to`)
    brokers = brokers.filter((one) => one !== broker)
  }

  return {
    ground,
    sts,
    idp,
    slack,
    config,
    env,
    brokers: () => brokers,
    upFor: () => Math.max(0, ...brokers.map((broker) => Date.now() - (started.get(broker) ?? Infinity))),
    // While none runs, whoever asks finds nobody there, as at a dead machine.
    urls: () =>
      guest !== undefined
        ? [guest]
        : brokers.length > 0
          ? brokers.map(({ url }) => url)
          : ['http://127.0.0.1:9'],
    token(name, groups) {
      const key = idp.keys.at(-1)?.kid ?? ''
      const kept = tokens.get(name)
      if (kept && kept.key === key && kept.until > Date.now()) return kept.token
      const token = idp.token({ sub: name, groups })
      tokens.set(name, { token, key, until: Date.now() + tokenLife })
      return token
    },
    up,
    stillborn,
    async guest() {
      const opened = await openGuest(config, env, guestLog)
      guest = opened.url
      return {
        ...opened,
        close() {
          guest = undefined
          return opened.close()
        },
      }
    },
    end,
    deserters: () => deserters,
    logged: () => logs.flat(),
    async close() {
      await Promise.all(brokers.map((broker) => end(broker, 'SIGKILL')))
      await Promise.all([idp.close(), sts.close(), slack.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
