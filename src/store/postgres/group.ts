import { Fault } from '../../fault.js'
import type { Change, Committed } from '../../grant/store.js'
import type { Written } from './batch.js'
import { faultOf } from './faults.js'

/** Gathers changes into batches: whatever comes while one batch is written goes into the next. */
export interface Group {
  add(change: Change): Promise<Committed>
  /** Takes nothing more; resolves when all that was taken is answered. */
  close(): Promise<void>
}

interface Waiting {
  readonly change: Change
  readonly resolve: (committed: Committed) => void
  readonly reject: (fault: Fault) => void
}

/** How many changes may wait: bounds memory, and how long the last of them waits. */
const mostWaiting = 10_000

/** How many go into one batch: bounds how long other replicas wait for their turn. */
const mostAtOnce = 500

/** `write` calls `gather` once, as late as it can, never rejects, and answers in the order of what it got. */
export function createGroup(write: (gather: () => readonly Change[]) => Promise<readonly Written[]>): Group {
  const waiting: Waiting[] = []
  let writing: Promise<void> | undefined
  let closed = false

  async function writeAll(): Promise<void> {
    // What has arrived in this turn of the event loop goes together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) {
      let batch: readonly Waiting[] = []
      const answers = await write(() => {
        batch = waiting.splice(0, mostAtOnce)
        return batch.map(({ change }) => change)
      })
      batch.forEach(({ resolve, reject }, at) => {
        const answer = answers[at]
        if (answer?.ok) resolve(answer.value)
        else reject(answer?.fault ?? new Fault('internal', 'The store did not answer a change.'))
      })
    }
    writing = undefined
  }

  return {
    add: (change) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closing())
        if (waiting.length >= mostWaiting) return reject(overloaded())
        // As it is now, whatever its owner does to it next; and nothing in it that is no value.
        waiting.push({ change: structuredClone(change), resolve, reject })
        writing ??= writeAll()
      }).catch((error: unknown) => {
        throw faultOf(error)
      }) as Promise<Committed>,
    async close() {
      closed = true
      await writing
    },
  }
}

/** What a store answers once it is closed. */
export const closing = (): Fault =>
  new Fault('store_unavailable', 'The store is closed: Stint is shutting down.')

const overloaded = (): Fault =>
  new Fault('overloaded', 'Too many requests wait for the store. Try again in a moment.', { retryAfter: 1 })
