import type { Broker } from './broker.js'
import { channelLane } from './notices.js'
import type { Notice } from './outbox.js'

/** Has the messages of a grant drawn again where it is shown: somebody was looking at one that is out of date. */
export async function redrawn(
  { store }: Pick<Broker, 'store'>,
  id: string,
  at: number,
): Promise<readonly Notice[]> {
  const { shownIn = [] } = (await store.snapshot(id))?.grant ?? {}
  return shownIn.map((channel) => ({ lane: channelLane(channel), about: id, what: 'drawn', at }))
}
