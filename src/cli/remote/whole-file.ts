import { open, rename, rm } from 'node:fs/promises'
import { Stop } from './stop.js'
import type { World } from './world.js'

/** How much is collected before it is written. */
const chunk = 256 * 1_024

/**
 * Writes a file of mode 0600 whole or not at all: until the last part is there it lies beside its place, under a name of
 * its own. Rejects with a `Stop` where it cannot be written, and with whatever the parts reject with.
 */
export async function writeWhole(
  path: string,
  parts: AsyncIterable<string> | Iterable<string>,
  random: World['random'],
): Promise<void> {
  const draft = `${path}.${Buffer.from(random(8)).toString('hex')}`
  const file = await open(draft, 'wx', 0o600).catch(unwritable(path))
  try {
    let waiting = ''
    for await (const part of parts) {
      waiting += part
      if (waiting.length < chunk) continue
      await file.writeFile(waiting).catch(unwritable(path))
      waiting = ''
    }
    await file.writeFile(waiting).catch(unwritable(path))
    await file.sync().catch(unwritable(path))
    await file.close()
    await rename(draft, path).catch(unwritable(path))
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  }
}

const unwritable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new Stop('invalid_request', `${path} cannot be written (${error.code ?? error.message}).`)
  }
