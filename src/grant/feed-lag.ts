import type { Duration, Instant } from '../time.js'
import type { Store } from './store.js'

export type SinkName = 'file' | 'stdout' | 'https'

/** The name in the store of how far a sink has come. */
export const positionOf = (sink: SinkName): string => `feed.${sink}`

/** How far a sink is behind the record: events that it does not have, and how long the oldest of them has waited. */
export interface Lag {
  readonly waiting: number
  readonly lag: Duration
}

export async function feedLag(store: Store, sink: SinkName, now: Instant): Promise<Lag> {
  const after = await store.position(positionOf(sink))
  const [oldest] = await store.events({ after, limit: 1 })
  if (!oldest) return { waiting: 0, lag: 0 }
  const { seq } = await store.head()
  return { waiting: seq - oldest.seq + 1, lag: Math.max(0, now - oldest.at) }
}
