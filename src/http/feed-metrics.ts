import { Counter, Gauge, type Registry } from 'prom-client'
import { feedLag, type SinkName } from '../grant/feed-lag.js'
import type { Store } from '../grant/store.js'
import type { Clock } from '../time.js'

interface FeedCounts {
  delivered(sink: SinkName, events: number): void
  failed(sink: SinkName): void
}

/** How far each sink of the feed is behind, read when it is asked for; and counts of what this process did. */
export function meterFeed(
  registry: Registry,
  store: Store,
  sinks: readonly SinkName[],
  clock: Clock,
): FeedCounts {
  const options = { labelNames: ['sink'], registers: [registry] }
  // A store that cannot be read leaves the last.
  const look = () =>
    Promise.all(sinks.map(async (sink) => ({ sink, ...(await feedLag(store, sink, clock())) }))).catch(
      () => [],
    )
  new Gauge({
    name: 'stint_feed_lag_events',
    help: 'Events that a sink of the feed does not have yet.',
    ...options,
    async collect() {
      for (const { sink, waiting } of await look()) this.set({ sink }, waiting)
    },
  })
  new Gauge({
    name: 'stint_feed_lag_seconds',
    help: 'How long the oldest of them has waited.',
    ...options,
    async collect() {
      for (const { sink, lag } of await look()) this.set({ sink }, lag / 1_000)
    },
  })
  const delivered = new Counter({
    name: 'stint_feed_events_total',
    help: 'Events that this process delivered.',
    ...options,
  })
  const failed = new Counter({
    name: 'stint_feed_failures_total',
    help: 'Deliveries that a sink did not take.',
    ...options,
  })
  for (const sink of sinks) {
    delivered.inc({ sink }, 0)
    failed.inc({ sink }, 0)
  }
  return {
    delivered: (sink, events) => delivered.inc({ sink }, events),
    failed: (sink) => failed.inc({ sink }),
  }
}
