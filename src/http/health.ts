import { Fault } from '../fault.js'
import type { Broker } from '../grant/broker.js'
import { feedLag, type SinkName } from '../grant/feed-lag.js'
import type { SealingTrouble } from '../grant/seal.js'
import type { Standing } from '../grant/store.js'
import { iso, type Instant } from '../time.js'
import type { Tokens } from './tokens.js'

/** How long one look is good for: anyone may ask, and each look writes to the disk. */
const goodFor = 2_000

/** How many seconds what is to be told or sent on may wait before that is said. */
const late = 60

/** How many seconds what is signed may not be put out, or not compared first, before that is said. */
const lateCheckpoints = 300

interface Seen {
  readonly broker: Broker
  readonly tokens: Pick<Tokens, 'keyStates'>
  readonly loaded: () => string
  readonly standing: () => Standing | undefined
  /** Whether the socket is open that clicks come by; undefined where there is to be none. */
  readonly socketOpen: () => boolean | undefined
  /** Since when the record was not signed, or what was signed not put out, and why. */
  readonly sealingTrouble: () => SealingTrouble | undefined
  /** Where events are sent on to. */
  readonly sinks: readonly SinkName[]
}

type Readiness = ReturnType<typeof look> extends Promise<infer R> ? R : never

/**
 * Whether Stint can do its work: `store_unavailable` when the record cannot be written, `keys_unavailable`
 * when no issuer's keys are here. How STS answered last is shown, and alone makes nobody unready: another
 * replica would meet the same STS. Replicas that have not all loaded the same rules are said, and go on under those
 * that are in force: were they unready, none could be replaced. Looks once every two seconds at most.
 */
export function createReadiness(seen: Seen): () => Promise<object> {
  const { broker } = seen
  let last: { readonly at: Instant; readonly seen: Promise<Readiness> } | undefined
  return async () => {
    const now = broker.clock()
    if (!last || now - last.at >= goodFor || now < last.at) last = { at: now, seen: look(seen) }
    const parts = await last.seen
    if (parts.store === 'failed')
      throw new Fault('store_unavailable', 'The record cannot be written.', { members: { parts } })
    if (parts.keys.present === 0)
      throw new Fault('keys_unavailable', "No issuer's keys are here.", { members: { parts } })
    if (parts.record === 'behind')
      throw new Fault('record_behind', 'The record is older than it must be.', { members: { parts } })
    const degraded =
      parts.rules?.agreed === false ||
      parts.outbox.lagSeconds > late ||
      parts.feed?.some(({ lagSeconds }) => lagSeconds > late) === true ||
      parts.checkpoints?.status === 'refused' ||
      (parts.checkpoints?.failingSeconds ?? 0) > lateCheckpoints ||
      parts.slack?.socket === 'closed'
    return { status: degraded ? 'degraded' : 'ready', parts }
  }
}

async function look({ broker, tokens, loaded, standing, socketOpen, sealingTrouble, sinks }: Seen) {
  const store = await broker.store.probe().then(
    () => 'writable' as const,
    () => 'failed' as const,
  )
  const record = await broker.recordHolds().then(
    () => 'holds' as const,
    (error: unknown) =>
      error instanceof Fault && error.code === 'record_behind' ? ('behind' as const) : ('unknown' as const),
  )
  const { waiting, lag } = await broker.store.outbox
    .backlog(broker.clock())
    .catch(() => ({ waiting: 0, lag: 0 }))
  const feed = await Promise.all(
    sinks.map(async (sink) => {
      const { waiting: events, lag: age } = await feedLag(broker.store, sink, broker.clock())
      return { sink, waiting: events, lagSeconds: Math.floor(age / 1_000) }
    }),
  ).catch(() => [])
  const states = tokens.keyStates()
  const sts = broker.mint.lastSeen()
  const rules = standing()
  const open = socketOpen()
  const trouble = sealingTrouble()
  return {
    store,
    record,
    keys: { present: states.filter(({ ready }) => ready).length, of: states.length },
    ...(rules && {
      rules: {
        loaded: loaded(),
        inForce: rules.inForce,
        replicas: rules.loaded.length,
        agreed: rules.loaded.every((hash) => hash === rules.inForce),
      },
    }),
    outbox: { waiting, lagSeconds: Math.floor(lag / 1_000) },
    ...(feed.length > 0 && { feed }),
    ...(trouble && { checkpoints: unsealed(trouble, broker.clock()) }),
    ...(open !== undefined && { slack: { socket: open ? ('open' as const) : ('closed' as const) } }),
    sts: sts ? { status: sts.ok ? 'ok' : 'failed', at: iso(sts.at) } : { status: 'unseen' },
  }
}

/** `refused`: the record is not the one that was signed before. Else something that checkpoints need is away. */
function unsealed({ since, error }: SealingTrouble, now: Instant) {
  const refused = error instanceof Fault && error.code === 'record_behind'
  return {
    status: refused ? ('refused' as const) : ('failing' as const),
    failingSeconds: Math.floor((now - since) / 1_000),
    detail:
      error instanceof Fault
        ? error.detail
        : 'Where checkpoints are put cannot be reached. The log says why.',
  }
}
