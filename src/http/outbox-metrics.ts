import { Gauge, type Registry } from 'prom-client'
import type { Store } from '../grant/store.js'
import type { Clock } from '../time.js'

/** How much is still to be told elsewhere, and how long the oldest of it has waited; read when it is asked for. */
export function gaugeOutbox(registry: Registry, { outbox }: Store, clock: Clock): void {
  const registers = [registry]
  const waiting = new Gauge({
    name: 'stint_outbox_waiting',
    help: 'Notices that are due and not told yet.',
    registers,
    async collect() {
      // Both from one look, so that they are of one moment; a store that cannot be read leaves the last.
      const backlog = await outbox.backlog(clock()).catch(() => undefined)
      if (!backlog) return
      this.set(backlog.waiting)
      lag.set(backlog.lag / 1_000)
    },
  })
  const lag = new Gauge({
    name: 'stint_outbox_lag_seconds',
    help: 'How long the oldest of them has waited.',
    registers,
  })
  waiting.set(0)
}
