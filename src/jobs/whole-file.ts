import { constants } from 'node:fs'
import { copyFile, link, mkdtemp, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What file systems answer that know no hard links, or no way to sync a folder. */
const unknown = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']

/**
 * Writes a new file that is there whole and on disk, or not at all: first into a hidden folder beside it, which only
 * a crash leaves behind. `check` may look at it there, and reject. Rejects with `EEXIST` where the name is taken.
 */
export async function writeWhole(
  path: string,
  mode: number,
  texts: AsyncIterable<string> | Iterable<string>,
  check: (written: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), '.part-'))
  try {
    const part = join(folder, 'part')
    const file = await open(part, 'wx', mode)
    try {
      for await (const chunk of chunks(texts)) await file.writeFile(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await check(part)
    // Unlike a rename, a link does not take the place of what is there.
    await link(part, path).catch(async (error: NodeJS.ErrnoException) => {
      if (!unknown.includes(error.code ?? '')) throw error
      await copyFile(part, path, constants.COPYFILE_EXCL)
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  await syncFolder(dirname(path))
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } catch (error) {
    if (!unknown.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await folder.close()
  }
}

/** About a megabyte at a time. */
async function* chunks(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const text of texts) {
    chunk += text
    if (chunk.length < 1 << 20) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
