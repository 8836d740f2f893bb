import { readFile } from 'node:fs/promises'
import type { Head } from './audit/event.js'
import { loadConfig, type Config } from './config/load.js'
import { Fault } from './fault.js'
import type { Broker } from './grant/broker.js'
import type { Store } from './grant/store.js'
import { recordMigration } from './grant/migrated.js'
import { guardRecord, headText } from './grant/restored.js'
import { enforceDue } from './grant/enforce.js'
import { sweep } from './grant/sweep.js'
import { ulids } from './grant/ulid.js'
import { defaultLimits, type HttpLimits } from './http/limits.js'
import { leaversRoutes } from './http/leavers.js'
import { createMetrics, type Metrics } from './http/metrics.js'
import { gaugeDue } from './http/due-metrics.js'
import { meterFeed } from './http/feed-metrics.js'
import { buildServer } from './http/server.js'
import { openTraces } from './http/traces.js'
import { verbs } from './http/verbs.js'
import { createWaits } from './http/waits.js'
import type { Fetch } from './identity/fetch-json.js'
import { openFeeds } from './jobs/feeding.js'
import { createLoading } from './jobs/loading.js'
import { repeat } from './jobs/repeat.js'
import { openSealing } from './jobs/sealing.js'
import { createRules } from './jobs/rules.js'
import { underWay } from './jobs/under-way.js'
import type { OwnCredentials } from './mint/clients.js'
import { createIam } from './mint/iam.js'
import { keysOfRevoker } from './mint/revoker.js'
import { createSts } from './mint/sts.js'
import { createSlackSide } from './slack/side.js'
import { migrationsOf, openStore, placeText } from './store/open.js'
import type { Clock, Duration } from './time.js'
import { version } from './version.js'

/** Everything that Stint takes from the world. The process passes the real thing, a test its own. */
export interface Surroundings {
  /** The text of stint.yaml as it is now; read at the start and at each reload. */
  readonly readConfig: () => Promise<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Secure random bytes. */
  readonly random: (bytes: number) => Uint8Array
  readonly fetch: Fetch
  readonly sleep: (ms: Duration) => Promise<void>
  /** Where the lines of the feed go that stdout is asked for. */
  readonly stdout: { write(line: string): unknown }
  /** Where log lines go; standard output when left out. */
  readonly log?: { write(line: string): void }
  readonly limits?: HttpLimits
  /** The broker's own AWS credentials; left out, the SDK's default chain finds them. */
  readonly credentials?: OwnCredentials
  /** A head that the record must hold before anything is issued on it. */
  readonly expectHead?: Head
}

export interface App {
  /** Where it listens. */
  readonly url: string
  /** Takes the configuration's rules on as they are now, if all of it is valid; else throws and keeps the old. */
  reload(): Promise<void>
  /** Begins nothing new, finishes or records what is under way, and closes the store. */
  close(): Promise<void>
}

const sweepEvery: Duration = 5_000
const announceEvery: Duration = 2_000
const enforceEvery: Duration = 2_000
const sealEvery: Duration = 2_000
const tellEvery: Duration = 500
const feedEvery: Duration = 1_000

const unsealed = 'checkpoint not signed or not put out'

/** Wires everything by hand and starts listening. Rejects with a `Fault` when it cannot; nothing stays open then. */
export async function startApp(surroundings: Surroundings): Promise<App> {
  const { readConfig, env } = surroundings
  const config = loadConfig({ file: await readConfig(), env })
  const contract = await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8')
  const replica = ulids(surroundings.random)(surroundings.clock())
  const metrics = createMetrics()
  const { clock } = surroundings
  const store = await openStore(config.store, { replica, clock, wrote: metrics.wrote })
  try {
    return await wire(surroundings, { first: config, contract, replica, store, metrics })
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What is there before anything is wired. */
interface Ready {
  readonly first: Config
  readonly contract: string
  readonly replica: string
  readonly store: Store
  readonly metrics: Metrics
}

async function wire(surroundings: Surroundings, ready: Ready): Promise<App> {
  const { first, contract, replica, store, metrics } = ready
  const { readConfig, env, random, sleep, log, limits = defaultLimits } = surroundings
  const clock = store.shared?.clock ?? surroundings.clock
  let unlucky: ((error: unknown, what: string) => void) | undefined
  const failed = (error: unknown, what: string) => unlucky?.(error, what)
  const traces = await openTraces(first.traces, {
    clock,
    replica,
    system: store.shared ? 'postgresql' : 'sqlite',
    count: metrics.countSpans,
    failed,
  })
  const fetch = traces.fetch(surroundings.fetch)
  const rules = createRules(first, store.shared)
  const sts = createSts({
    clock,
    sleep,
    random: () => fraction(random(4)),
    ...first.sts,
    ...own(surroundings),
  })
  const { revoker, endpoint: iamEndpoint } = first.iam
  const iam = createIam({
    ...(iamEndpoint !== undefined && { endpoint: iamEndpoint }),
    keysFor: revoker ? keysOfRevoker(sts, revoker) : async () => surroundings.credentials,
  })
  const waits = createWaits(limits.waits)
  const issuing = underWay()
  const broker: Broker = {
    store: metrics.countRecord(traces.store(store)),
    mint: traces.mint(metrics.timeMint(sts, clock)),
    deny: traces.deny(metrics.timeDeny(iam, clock)),
    catalog: () => rules.current().catalog,
    clock,
    newId: ulids(random),
    changed: waits.changed,
    recordHolds: guardRecord(store, surroundings.expectHead),
    rulesMoved: rules.announce,
  }
  const slack = await createSlackSide({
    broker,
    wiring: first.slack,
    rules: rules.current,
    fetch,
    sleep,
    random,
    readText: (path) => readFile(path, 'utf8'),
    track: issuing.track,
    failed,
  })
  const sealing =
    first.checkpoints &&
    (await openSealing(first.checkpoints, {
      store: broker.store,
      clock,
      ...own(surroundings),
      log: ({ size }, note) => app.log.info({ size, note }, 'checkpoint'),
    }))
  gaugeDue(metrics.registry, store, clock)
  const chance = () => fraction(random(4))
  const feeds = openFeeds(first.feed, {
    store: broker.store,
    fetch,
    clock,
    chance,
    out: surroundings.stdout,
    delivered: (...told) => fed.delivered(...told),
  })
  const sinks = feeds.map(({ sink }) => sink)
  const fed = meterFeed(metrics.registry, store, sinks, clock)
  const done = traces.verbs(verbs)
  const { app, drain } = await buildServer({
    broker,
    verbs: {
      ...done,
      ask: (...asked) => issuing.track(done.ask(...asked)),
      issue: (...asked) => issuing.track(done.issue(...asked)),
    },
    issuers: first.issuers,
    trustedProxies: first.trustedProxies,
    limits,
    fetch,
    recognise: slack.recognise,
    others: [
      ...(slack.receiving ? [slack.receiving.register] : []),
      ...(first.leavers ? [leaversRoutes(broker, first.leavers)] : []),
    ],
    contract,
    log: { level: first.logLevel, ...(log && { stream: log }) },
    waits,
    metrics,
    traces,
    loaded: () => rules.newest().hash,
    standing: rules.standing,
    socketOpen: () => slack.receiving?.connected(),
    sealingTrouble: () => sealing?.trouble(),
    sinks,
  })

  unlucky = (error, what) =>
    // No more of it than its words: an error of a client can hold what was sent.
    app.log.warn({ why: error instanceof Error ? error.stack : String(error) }, what)

  const failing = (what: string) => (error: unknown) => app.log.error({ err: error }, what)
  const unheard = failing('the other replicas could not be heard')
  const loading = createLoading({ readConfig, env, rules, store: broker.store, clock, log: app.log, unheard })
  const work = [
    repeat(sweepEvery, () => sweep(broker), failing('sweep failed')),
    repeat(announceEvery, rules.announce, unheard),
    repeat(enforceEvery, () => enforceDue(broker), failing('denying in AWS failed')),
    repeat(tellEvery, slack.tellDue, failing('telling Slack failed')),
    ...feeds.map(({ sink, run }) => {
      const away = failing(`the feed did not get through to ${sink}`)
      return repeat(feedEvery, run, (error) => (fed.failed(sink), away(error)))
    }),
    ...(sealing ? [repeat(sealEvery, () => metrics.countSealing(sealing.run), failing(unsealed))] : []),
  ]
  store.shared?.watch(waits.changed)

  async function stop() {
    drain()
    await app.close()
    await slack.receiving?.stop()
    await issuing.settled()
    for (const feed of feeds) feed.stop()
    await Promise.all(work.map((job) => job.stop()))
    sealing?.close()
    sts.close()
    iam.close()
    await traces.close()
  }

  try {
    await rules.announce()
    await recordMigration(broker.store, migrationsOf(first.store), clock())
    await loading.first()
    const url = await app.listen({ ...first.listen }).catch(cannotListen)
    app.log.info(
      { version, config: first.hash, head: headText(await store.head()), store: placeText(first.store), url },
      'serving',
    )
    loading.warn(first)
    await slack.receiving?.start()
    return {
      url,
      reload: loading.again,
      async close() {
        app.log.info('shutting down')
        await stop()
        // For whoever notes it: a copy of the record that does not hold this head is an older one.
        app.log.info({ head: await store.head().then(headText, () => 'unknown') }, 'closed')
        await store.close()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function cannotListen(error: NodeJS.ErrnoException): never {
  throw new Fault('invalid_config', `Stint cannot listen there: ${error.code ?? error.message}.`, {
    cause: error,
  })
}

const own = ({ credentials }: Surroundings) => (credentials ? { credentials } : {})

const fraction = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte) => sum * 256 + byte, 0) / 256 ** bytes.length
