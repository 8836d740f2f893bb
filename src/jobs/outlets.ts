import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint } from '../audit/checkpoint.js'
import { Fault } from '../fault.js'
import type { Outlet } from './checkpoints.js'
import { writeWhole } from './whole-file.js'

/** An origin as the name of a folder: two that differ only in odd signs share one, and their notes tell them apart. */
export const folderOf = (origin: string): string => origin.replace(/[^A-Za-z0-9.-]/g, '_').replace(/^\./, '_')

/** Sorts as the sizes do. */
export const fileOf = (size: number): string => `${String(size).padStart(15, '0')}.checkpoint`

/** A folder, best on a mount where what is written cannot be written again. Each checkpoint is a file. */
export const folderOutlet = (folder: string): Outlet => ({
  name: 'folder',
  async newest(origin) {
    const own = join(folder, folderOf(origin))
    const names = await readdir(own).catch((error: NodeJS.ErrnoException) => {
      // The folder itself must be there: a mount that is not looks like one that is empty.
      if (error.code === 'ENOENT') return readdir(folder).then(() => [])
      throw error
    })
    const last = names
      .filter((name) => name.endsWith('.checkpoint'))
      .sort()
      .at(-1)
    return last === undefined ? undefined : readFile(join(own, last), 'utf8')
  },
  async publish({ origin, size }, note) {
    await readdir(folder)
    const own = join(folder, folderOf(origin))
    await mkdir(own, { recursive: true })
    const path = join(own, fileOf(size))
    await writeWhole(path, 0o444, [note]).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      if ((await readFile(path, 'utf8')) !== note) throw occupied(path)
    })
  },
})

/** A line of the log for each: wherever that is collected, checkpoints are kept. Nothing is read back from there. */
export const logOutlet = (write: (checkpoint: Checkpoint, note: string) => void): Outlet => ({
  name: 'log',
  newest: async () => undefined,
  publish: async (checkpoint, note) => write(checkpoint, note),
})

export const occupied = (place: string): Fault =>
  new Fault(
    'conflict',
    `${place} holds another checkpoint of that size. Two records are signed under one name.`,
  )
