import { toOcsf } from '../audit/ocsf.js'
import { Fault } from '../fault.js'
import { positionOf, type SinkName } from '../grant/feed-lag.js'
import type { Store } from '../grant/store.js'
import type { Clock, Duration, Instant } from '../time.js'

/** A run of events, in the form in which they are told. */
export interface Batch {
  /** The numbers of the first and the last. */
  readonly first: number
  readonly last: number
  /** Without newlines. */
  readonly lines: readonly string[]
}

/** Where events are sent on to. */
export interface Sink {
  readonly name: SinkName
  /**
   * Resolves once all of it is there. Rejects otherwise, and then some of it may be; with `body_too_large` where fewer
   * lines might be taken.
   */
  deliver(batch: Batch, signal: AbortSignal): Promise<void>
}

/** Sends the record on to one sink. */
export interface Feed {
  readonly sink: SinkName
  /** Sends what is not there yet, if it is this process's turn. Rejects where the sink did not take it. */
  run(): Promise<void>
  /** Breaks off what is under way. */
  stop(): void
}

export interface FeedOptions {
  readonly store: Store
  readonly sink: Sink
  readonly format: 'ndjson' | 'ocsf'
  readonly clock: Clock
  /** A number from 0 to 1. */
  readonly chance: () => number
  readonly delivered: (sink: SinkName, events: number) => void
}

/** At most so much in one delivery: events, and characters unless one event alone has more. */
const most = 500
const mostText = 1_024 * 1_024

/** How long one delivery may take. */
export const patience: Duration = 10_000

const [shortest, longest]: readonly [Duration, Duration] = [1_000, 60_000]

/**
 * Follows the record from its first event on, in order. How far it has come stands in the store, and moves on only once
 * a delivery is there: after a crash between the two, what was delivered last comes again, and nothing is left out. Of
 * several processes one has the turn; one that is too slow may still send what the next sends too.
 */
export function createFeed({ store, sink, format, clock, chance, delivered }: FeedOptions): Feed {
  const position = positionOf(sink.name)
  const ended = new AbortController()
  let atOnce = most
  let failures = 0
  let restUntil: Instant = 0

  const hasTurn = async (): Promise<boolean> => (await store.shared?.take(position)) ?? true

  async function next(): Promise<Batch | undefined> {
    const entries = await store.events({ after: await store.position(position), limit: atOnce })
    const taken = entries.slice(0, fitting(entries.map(({ text }) => text)))
    const [first, last] = [taken[0], taken.at(-1)]
    if (!first || !last) return undefined
    const lines = taken.map(({ text }) => (format === 'ocsf' ? (toOcsf(text) ?? text) : text))
    return { first: first.seq, last: last.seq, lines }
  }

  function failed(error: unknown, { lines }: Batch): void {
    if (error instanceof Fault && error.code === 'body_too_large' && lines.length > 1) {
      atOnce = Math.ceil(lines.length / 2)
      return
    }
    const pause = Math.min(longest, shortest * 2 ** Math.min(failures++, 10))
    restUntil = clock() + pause * (0.5 + chance() / 2)
  }

  return {
    sink: sink.name,
    async run() {
      while (!ended.signal.aborted && clock() >= restUntil && (await hasTurn())) {
        const batch = await next()
        if (!batch) return
        try {
          await sink.deliver(batch, ended.signal)
        } catch (error) {
          if (ended.signal.aborted) return
          failed(error, batch)
          throw error
        }
        failures = 0
        await store.commit({ seal: { position: { name: position, value: batch.last } }, events: [] })
        delivered(sink.name, batch.lines.length)
      }
    },
    stop: () => ended.abort(),
  }
}

/** How many of the texts go into one delivery; at least one. */
function fitting(texts: readonly string[]): number {
  let size = 0
  const over = texts.findIndex((text) => (size += text.length + 1) > mostText)
  return over === -1 ? texts.length : Math.max(1, over)
}
