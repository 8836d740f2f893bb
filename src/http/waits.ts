import { Fault } from '../fault.js'
import type { Duration } from '../time.js'

/** Somebody who waits for a grant to change. */
export interface Waiting {
  /** Resolves when the grant changed since the wait was opened, was given up, or `most` has passed. */
  over(most: Duration): Promise<void>
  /** Gives the wait up; its place is free again. */
  end(): void
}

export interface Waits {
  /** Takes a place, or refuses with `rate_limited` when this caller, or all callers, have too many. */
  open(grant: string, subject: string): Waiting
  /** Wakes whoever waits for this grant. */
  changed(grant: string): void
  /** How many wait now. */
  size(): number
  /** Wakes everybody; whoever comes later is not made to wait. */
  close(): void
}

/** Calls `ring` once after so many milliseconds, unless it is cancelled by what is returned. */
type Alarm = (after: Duration, ring: () => void) => () => void

const timer: Alarm = (after, ring) => {
  const timeout = setTimeout(ring, after)
  return () => clearTimeout(timeout)
}

export interface WaitLimits {
  readonly caller: number
  readonly total: number
}

/** The registry of long polls. It opens a place before the grant is read, so that no change falls between. */
export function createWaits(limits: WaitLimits, alarm: Alarm = timer): Waits {
  const waiting = new Set<{ readonly grant: string; readonly subject: string; wake(): void }>()
  let closed = false

  function open(grant: string, subject: string): Waiting {
    const own = [...waiting].filter((other) => other.subject === subject).length
    if (own >= limits.caller || waiting.size >= limits.total)
      throw new Fault(
        'rate_limited',
        own >= limits.caller
          ? `At most ${limits.caller} long polls by one caller are held at a time.`
          : 'Too many long polls are held just now. Read without `wait`, or try again shortly.',
        { retryAfter: 5 },
      )
    const { promise, resolve } = withResolvers()
    const entry = { grant, subject, wake: resolve }
    waiting.add(entry)
    if (closed) resolve()
    return {
      async over(most) {
        const cancel = alarm(most, resolve)
        await promise
        cancel()
      },
      end() {
        waiting.delete(entry)
        resolve()
      },
    }
  }

  return {
    open,
    changed: (grant) => waiting.forEach((entry) => entry.grant === grant && entry.wake()),
    size: () => waiting.size,
    close() {
      closed = true
      waiting.forEach((entry) => entry.wake())
    },
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
