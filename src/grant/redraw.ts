import type { Broker } from './broker.js'
import { channelLane } from './notices.js'

/** Has the messages of a grant drawn again where it is shown: somebody was looking at one that is out of date. */
export async function redraw({ store, clock }: Pick<Broker, 'store' | 'clock'>, id: string): Promise<void> {
  const { shownIn = [] } = (await store.snapshot(id))?.grant ?? {}
  if (shownIn.length === 0) return
  const at = clock()
  const outbox = shownIn.map((channel) => ({
    lane: channelLane(channel),
    about: id,
    what: 'drawn' as const,
    at,
  }))
  await store.commit({ outbox, events: [] })
}
