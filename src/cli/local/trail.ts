import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { readCall, type Call } from '../../audit/trail/call.js'
import { filesIn, isBucket, type BucketOptions } from './trail-bucket.js'
import { recordSplitter } from './trail-records.js'
import { filesAt, type TrailFile } from './trail-sources.js'

/** A file that was not read whole, or holds something else as well. */
export interface Unread {
  readonly file: string
  readonly detail: string
  /** How many of its events were read all the same. */
  readonly events: number
}

export interface TrailReading {
  readonly files: number
  readonly unread: readonly Unread[]
}

/**
 * Reads a trail, file after file, in the memory that one event takes, and tells of each event. A file that is torn or is
 * something else is noted and the others are read. Rejects with a `Stop` for a place that is not there.
 */
export async function readTrail(
  places: readonly string[],
  options: BucketOptions,
  take: (call: Call) => void,
  progress: (files: number, events: number) => void,
): Promise<TrailReading> {
  const unread: Unread[] = []
  let [files, events] = [0, 0]
  for (const place of places) {
    for await (const file of isBucket(place) ? filesIn(place, options) : filesAt(place)) {
      files++
      const read = await readFile(file, (call) => {
        take(call)
        if (++events % progressEvery === 0) progress(files, events)
      })
      if (read) unread.push(read)
    }
  }
  return { files, unread }
}

/** How many events lie between two lines of progress. */
const progressEvery = 500_000

async function readFile(file: TrailFile, take: (call: Call) => void): Promise<Unread | undefined> {
  const splitter = recordSplitter()
  let [events, others] = [0, 0]
  const each = (text: string): void => {
    const calls = callsIn(text)
    for (const call of calls) take(call)
    events += calls.length
    if (calls.length === 0) others++
  }
  try {
    for await (const piece of plain(await file.open())) for (const text of splitter.take(piece)) each(text)
    splitter.end()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { file: file.name, detail: torn.get(code ?? '') ?? message, events }
  }
  if (others === 0) return undefined
  return {
    file: file.name,
    detail: `${others} of it ${others === 1 ? 'is no event' : 'are no events'} of CloudTrail`,
    events,
  }
}

const torn: ReadonlyMap<string, string> = new Map([
  ['Z_BUF_ERROR', 'it ends too early'],
  ['Z_DATA_ERROR', 'what is compressed in it is damaged'],
])

/** The events in a text: itself; those of a file that begins otherwise; the answer of `aws cloudtrail lookup-events`. */
function callsIn(text: string): readonly Call[] {
  const value = parsed(text)
  const { Records, Events } = (value ?? {}) as Readonly<Record<string, unknown>>
  const list = [Records, Events, [value]].find(Array.isArray) as readonly unknown[]
  return list.flatMap((one) => {
    const { CloudTrailEvent } = (one ?? {}) as Readonly<Record<string, unknown>>
    return oneOf(typeof CloudTrailEvent === 'string' ? parsed(CloudTrailEvent) : one)
  })
}

const oneOf = (value: unknown): readonly Call[] => {
  const call = readCall(value)
  return call ? [call] : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first bytes say whether it is compressed: names are whatever somebody called the file. */
async function* plain(stream: Readable): AsyncGenerator<Buffer> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    let first = Buffer.alloc(0)
    while (first.length < 2) {
      const { value, done } = await pieces.next()
      if (done) break
      first = Buffer.concat([first, value])
    }
    const whole = chained(first, pieces)
    if (first[0] !== 0x1f || first[1] !== 0x8b) yield* whole
    // What goes wrong is heard by whoever reads what comes out.
    else
      yield* pipeline(whole, createGunzip({ chunkSize: 1 << 18 }), () => undefined) as AsyncIterable<Buffer>
  } finally {
    stream.destroy()
  }
}

async function* chained(first: Buffer, pieces: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
}
