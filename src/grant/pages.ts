import type { Broker } from './broker.js'
import type { Grant } from './grant.js'
import type { GrantQuery } from './store.js'

const batch = 200

/** All grants that a search finds, newest first, fetched a page at a time. */
export async function* pagesOf(
  { store, clock }: Pick<Broker, 'store' | 'clock'>,
  query: Omit<GrantQuery, 'now' | 'limit'>,
): AsyncGenerator<Grant> {
  let { before } = query
  for (;;) {
    const page = { ...query, ...(before !== undefined && { before }), limit: batch, now: clock() }
    const found = await store.search(page)
    yield* found
    const last = found.at(-1)
    if (found.length < batch || !last) return
    before = last.id
  }
}
