import { Fault } from '../fault.js'
import type { Duration } from '../time.js'

/** Somebody who waits for a grant to change. */
export interface Waiting {
  /**
   * True when the grant may have changed since the wait was opened or this was last asked; false when `most` has
   * passed, or the wait was given up.
   */
  over(most: Duration): Promise<boolean>
  /** Gives the wait up; its place is free again. */
  end(): void
}

export interface Waits {
  /** Takes a place, or refuses with `rate_limited` when this caller, or all callers, have too many. */
  open(grant: string, subject: string): Waiting
  /** Wakes whoever waits for this grant; without one, everybody: any grant may have changed. */
  changed(grant: string | undefined): void
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
  const waiting = new Set<{
    readonly grant: string
    readonly subject: string
    wake(changed: boolean): void
  }>()
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
    let woken = false
    let ended = closed
    let ring = () => {}
    const wake = (changed: boolean): void => {
      if (changed) woken = true
      else ended = true
      ring()
    }
    const entry = { grant, subject, wake }
    waiting.add(entry)
    return {
      async over(most) {
        let cancel = () => {}
        await new Promise<void>((resolve) => {
          ring = resolve
          cancel = alarm(most, resolve)
          if (woken || ended) resolve()
        })
        cancel()
        const changed = woken && !ended
        woken = false
        return changed
      },
      end() {
        waiting.delete(entry)
        wake(false)
      },
    }
  }

  return {
    open,
    changed: (grant) =>
      waiting.forEach((entry) => (grant === undefined || entry.grant === grant) && entry.wake(true)),
    size: () => waiting.size,
    close() {
      closed = true
      waiting.forEach((entry) => entry.wake(false))
    },
  }
}
