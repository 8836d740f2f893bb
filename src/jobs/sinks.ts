import { open, type FileHandle } from 'node:fs/promises'
import type { Batch, Sink } from './feed.js'

/** Standard output, or what stands for it. */
export interface Out {
  write(text: string): unknown
}

/** One line each among those of the log, written whole, so that neither tears the other. */
export const stdoutSink = (out: Out): Sink => ({
  name: 'stdout',
  async deliver({ lines }) {
    for (const line of lines) out.write(`${line}\n`)
  },
})

/** How much of the end of a file is looked at: more than a batch. */
const tail = 4 * 1_024 * 1_024

/**
 * A file that only grows. It is opened for each batch, so it may be renamed to begin a new one, and made durable before
 * the batch counts. What was written before a crash is recognised, and what was torn by one is taken back first: a file
 * of one process has each event once.
 */
export function fileSink(path: string): Sink {
  let sound = false
  return {
    name: 'file',
    async deliver(batch) {
      const file = await open(path, 'a+', 0o640)
      try {
        const lines = sound ? batch.lines : await missing(file, batch)
        sound = false
        await file.appendFile(lines.map((line) => `${line}\n`).join(''))
        await file.datasync()
        sound = true
      } finally {
        await file.close()
      }
    },
  }
}

/** The lines that are not at the end of the file already. A part of one of them that stands there alone is taken back. */
async function missing(file: FileHandle, { lines }: Batch): Promise<readonly string[]> {
  const found = await file.stat()
  if (!found.isFile() || found.size === 0) return lines
  const { buffer, bytesRead } = await file.read({
    buffer: Buffer.alloc(Math.min(tail, found.size)),
    position: Math.max(0, found.size - tail),
  })
  const end = buffer.subarray(0, bytesRead)
  const whole = end.lastIndexOf('\n') + 1
  const torn = end.subarray(whole)
  const ours = lines.some((line) => Buffer.from(line).subarray(0, torn.length).equals(torn))
  if (torn.length > 0 && ours) await file.truncate(found.size - torn.length)
  // Somebody else's, which is not ours to shorten.
  else if (torn.length > 0) await file.appendFile('\n')
  const last =
    end
      .subarray(0, Math.max(0, whole - 1))
      .toString('utf8')
      .split('\n')
      .at(-1) ?? ''
  return lines.slice(lines.lastIndexOf(last) + 1)
}
