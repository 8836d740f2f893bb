import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { Stop } from '../remote/stop.js'

/** A file of a trail, wherever it lies. */
export interface TrailFile {
  readonly name: string
  /** Rejects, or breaks off, with whatever keeps it from being read. */
  open(): Promise<Readable>
}

/** What lies beside logs in a trail's folder: digests of them, and what Insights makes of them. */
const isBeside = /(^|\/)CloudTrail-(Digest|Insight|Aggregated)[^/]*\//
const isLog = /\.(json|ndjson|jsonl)(\.gz)?$/i

/** Whether a name within a folder or bucket is that of a log. */
export const isTrailLog = (name: string): boolean => isLog.test(name) && !isBeside.test(name)

/**
 * The logs at a path: the file itself, or all in a folder and its folders, in the order of their names, which within an
 * account and region is that of time. Links are not followed. Rejects with a `Stop` where there is nothing.
 */
export async function* filesAt(path: string): AsyncGenerator<TrailFile> {
  const found = await stat(path).catch(unreadable(path))
  if (!found.isDirectory()) {
    yield fileAt(path)
    return
  }
  let count = 0
  for await (const name of walk(path)) {
    if (!isTrailLog(name.split(sep).join('/'))) continue
    count++
    yield fileAt(name)
  }
  if (count === 0)
    throw new Stop('invalid_request', `There is no log of CloudTrail in ${path} (.json, .json.gz).`)
}

const fileAt = (name: string): TrailFile => ({
  name,
  open: async () => createReadStream(name, { highWaterMark: 1 << 18 }),
})

/** A folder at a time: a trail of years has a folder for each day, region and account. */
async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unreadable(folder))
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path)
    else if (entry.isFile()) yield path
  }
}

const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new Stop('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  }
