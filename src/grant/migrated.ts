import type { Instant } from '../time.js'
import { self } from './events.js'
import type { Store } from './store.js'

/** The position that says how many migrations the record knows of. */
const position = 'migrations'

/**
 * Says on the record that the store was migrated since it was said last: `migrations` are all that it has now, in order.
 * A store that is new was made so, and nothing is said. After a crash between the two it is said at the next start.
 */
export async function recordMigration(
  store: Store,
  migrations: readonly string[],
  at: Instant,
): Promise<void> {
  const known = await store.position(position)
  if (known >= migrations.length) return
  const { seq } = await store.head()
  const [schema, before] = [migrations.at(-1), migrations[known - 1]]
  await store.commit({
    seal: { position: { name: position, value: migrations.length } },
    events: seq === 0 ? [] : [{ kind: 'log.migrated', at, by: self, data: { schema, before } }],
  })
}
