import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kept } from './kept.js'
import { stateFolder, type Place } from './settings.js'

/** Removes the kept credentials that are meant, and what is no credentials; resolves to how many there were. */
export async function forget(place: Place, meant: (kept: Kept) => boolean): Promise<number> {
  const folder = join(stateFolder(place), 'credentials')
  const names = await readdir(folder).catch(() => [])
  const gone = await Promise.all(
    names
      .filter((name) => name.endsWith('.json'))
      .map(async (name) => {
        const path = join(folder, name)
        const kept = await readFile(path, 'utf8')
          .then(JSON.parse as (text: string) => Kept)
          .catch(() => undefined)
        if (kept && !meant(kept)) return false
        await rm(path, { force: true })
        return true
      }),
  )
  return gone.filter(Boolean).length
}
