import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream'
import { Stop } from './stop.js'

/** More than any event has. Whoever wants so much of one line has another file in hand. */
const longest = 64 * 1_024 * 1_024

/**
 * The lines of a file, whatever its size; of one whose name ends in `.gz`, of what was compressed. Rejects with a `Stop`
 * for what cannot be read, and for what is not whole.
 */
export async function* linesOf(file: string): AsyncGenerator<string> {
  await stat(file).catch(unreadable(file))
  // Only \n ends a line: what else passes for one may stand in an event's text.
  let rest = ''
  try {
    for await (const chunk of textOf(file)) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > longest)
        throw new Stop('invalid_request', `${file} has a line of more than 64 MiB: that is no record.`)
      yield* lines
    }
  } catch (error) {
    if (error instanceof Stop) throw error
    unreadable(file)(error as NodeJS.ErrnoException)
  }
  if (rest !== '') yield rest
}

function textOf(file: string): AsyncIterable<string> {
  const bytes = createReadStream(file, { highWaterMark: 1 << 20 })
  if (!file.endsWith('.gz')) return bytes.setEncoding('utf8') as AsyncIterable<string>
  // What goes wrong is heard by whoever reads what comes out.
  return pipeline(bytes, createGunzip(), () => undefined).setEncoding('utf8') as AsyncIterable<string>
}

const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new Stop('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  }
