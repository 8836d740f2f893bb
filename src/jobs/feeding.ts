import type { FeedWiring } from '../config/feed.js'
import type { Fetch } from '../identity/fetch-json.js'
import { createFeed, patience, type Feed, type FeedOptions } from './feed.js'
import { fileSink, stdoutSink, type Out } from './sinks.js'
import { webhookSink } from './webhook.js'

interface Surroundings extends Pick<FeedOptions, 'store' | 'clock' | 'chance' | 'delivered'> {
  readonly fetch: Fetch
  readonly out: Out
}

/** The feeds that the configuration has: each goes on by itself, so that one that is away holds up no other. */
export function openFeeds(wiring: FeedWiring | undefined, surroundings: Surroundings): readonly Feed[] {
  if (!wiring) return []
  const { format, file, stdout, https } = wiring
  const { fetch, out, ...rest } = surroundings
  const sinks = [
    ...(file === undefined ? [] : [fileSink(file)]),
    ...(stdout ? [stdoutSink(out)] : []),
    ...(https ? [webhookSink({ ...https, fetch, clock: rest.clock, within: patience })] : []),
  ]
  return sinks.map((sink) => createFeed({ ...rest, sink, format }))
}
