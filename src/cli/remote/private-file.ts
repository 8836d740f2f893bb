import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Stop } from './stop.js'
import type { World } from './world.js'

type Owner = Pick<World, 'uid' | 'platform'>

/** Larger than any token or credential. */
const largest = 256 * 1_024

/**
 * The text of a file that nobody else may read or have written: a plain file, no link, of this user, mode 0600 or
 * less. Undefined where there is none. Rejects with a `Stop` for one that is not private.
 */
export async function readPrivate(path: string, owner: Owner): Promise<string | undefined> {
  return readOwn(path, owner, constants.O_NOFOLLOW ?? 0)
}

/** The same for a token that somebody mounts, where a link is the usual way. Rejects where there is none. */
export async function readTokenFile(path: string, owner: Owner): Promise<string> {
  const text = await readOwn(path, owner, 0)
  if (text === undefined) throw new Stop('unauthenticated', `${path} cannot be read (STINT_TOKEN_FILE).`)
  return text
}

async function readOwn(path: string, { uid, platform }: Owner, flags: number): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Stop('invalid_config', `${path} cannot be used (${error.code ?? error.message}).`)
  })
  if (!file) return undefined
  try {
    const { mode, uid: of, size, ...kind } = Object.assign(await file.stat())
    void kind
    if (platform !== 'win32' && ((mode & 0o077) !== 0 || (uid !== undefined && of !== uid && of !== 0)))
      throw new Stop(
        'invalid_config',
        `${path} can be read or was written by others. Make it your own: chmod 600.`,
      )
    if (size > largest) throw new Stop('invalid_config', `${path} is too large to be what it should.`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Writes a file of mode 0600 whole or not at all. Its folder is made with mode 0700 where it is missing. */
export async function writePrivate(path: string, text: string, random: World['random']): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${Buffer.from(random(8)).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.close()
    await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(draft, { force: true })
    throw error
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
