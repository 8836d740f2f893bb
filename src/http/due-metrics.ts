import { Gauge, type Registry } from 'prom-client'
import type { Denial } from '../grant/denial.js'
import type { Store } from '../grant/store.js'
import type { Clock, Instant } from '../time.js'

/**
 * What waits: notices to be told, reviews for somebody's signature, denies for AWS to take them. Read when it is asked for.
 */
export function gaugeDue(
  registry: Registry,
  { outbox, reviews, denials }: Pick<Store, 'outbox' | 'reviews' | 'denials'>,
  clock: Clock,
): void {
  gauges(registry, clock, {
    many: ['stint_outbox_waiting', 'Notices that are due and not told yet.'],
    oldest: ['stint_outbox_lag_seconds', 'How long the oldest of them has waited.'],
    async look() {
      const now = clock()
      const { waiting, lag } = await outbox.backlog(now)
      return { many: waiting, since: waiting > 0 ? now - lag : undefined }
    },
  })
  gauges(registry, clock, {
    many: ['stint_reviews_open', 'Uses of broken glass that nobody has signed off.'],
    oldest: ['stint_review_oldest_seconds', 'How long the oldest of them has waited.'],
    async look() {
      const { open, oldest } = await reviews()
      return { many: open, since: oldest }
    },
  })
  gauges(registry, clock, {
    many: ['stint_denies_due', 'Roles on which AWS has not taken yet what it is to deny, or no longer to.'],
    oldest: ['stint_deny_oldest_seconds', 'How long the oldest of that has waited.'],
    async look() {
      const since = (await denials({ due: Number.MAX_SAFE_INTEGER, limit: 10_000 })).flatMap(
        (denial) => dueSince(denial) ?? [],
      )
      return { many: since.length, since: since.length > 0 ? Math.min(...since) : undefined }
    },
  })
}

/** Since when AWS has not taken all of it; undefined where it has, and it only waits for sessions to end. */
function dueSince({ entries, failed }: Denial): Instant | undefined {
  const unwritten = entries.filter(({ writtenAt }) => writtenAt === undefined)
  if (unwritten.length > 0) return Math.min(...unwritten.map(({ before }) => before))
  return failed?.at
}

interface Waiting {
  readonly many: readonly [name: string, help: string]
  readonly oldest: readonly [name: string, help: string]
  readonly look: () => Promise<{ readonly many: number; readonly since: Instant | undefined }>
}

/** Both from one look, so that they are of one moment; a store that cannot be read leaves the last. */
function gauges(registry: Registry, clock: Clock, { many, oldest, look }: Waiting): void {
  let looking: ReturnType<typeof look> | undefined
  // Whatever is collected is collected at the same time: the second waits for the look of the first.
  const once = () => (looking ??= look().finally(() => (looking = undefined))).catch(() => undefined)
  const gauge = (
    [name, help]: Waiting['many'],
    valueOf: (found: Awaited<ReturnType<typeof look>>) => number,
  ) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const found = await once()
        if (found) this.set(valueOf(found))
      },
    })
  gauge(many, (found) => found.many)
  gauge(oldest, ({ since }) => (since === undefined ? 0 : Math.max(0, clock() - since) / 1_000))
}
