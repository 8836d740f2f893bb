import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A file system of the harness's own, which may go wrong without anybody else's doing so. */
export interface Disk {
  readonly folder: string
  /** Takes all room but so many bytes, until `free`. */
  fill(left: number): Promise<void>
  free(): void
  /** Every write and every fsync hangs for so long. */
  hang(ms: number): Promise<void>
  /** Cannot be written any more, as after an I/O error; until `mend`. */
  abort(): Promise<void>
  /** Loses all that was not synced, as when the power goes, and cannot be written any more; until `mend`. */
  cutPower(): Promise<void>
  /** Mounts it again. Whoever had a file open there must have ended. */
  mend(): Promise<void>
  close(): Promise<void>
}

const run = promisify(execFile)

/** Bytes; no more of it is taken from the machine's own disk than is written. */
const size = 4 * 1_024 ** 3

/** FS_IOC_SHUTDOWN with FS_SHUTDOWN_FLAGS_NOLOGFLUSH (include/uapi/linux/fs.h): not even the journal is written. */
const shutdown = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))`

/**
 * Makes a file, a file system in it, and mounts that. Rejects where this user may not (root may, unless a container
 * forbids it) or something for it is not installed.
 */
export async function mountDisk(): Promise<Disk> {
  const folder = mkdtempSync(join(tmpdir(), 'stint-disk-'))
  const image = `${folder}.img`
  const filler = join(folder, 'filler')
  const mount = () => run('mount', ['-o', 'errors=remount-ro', device, folder])
  let [device, held] = ['', -1]
  try {
    closeSync(openSync(image, 'w'))
    truncateSync(image, size)
    await run('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1', image])
    device = (await run('losetup', ['--find', '--show', image])).stdout.trim()
    // The device goes when nobody has it open any more; so it goes with this process, whatever becomes of that.
    held = openSync(device, 'r')
    await run('losetup', ['--detach', device])
    await mount()
  } catch (error) {
    if (held >= 0) closeSync(held)
    rmdirSync(folder)
    throw error
  } finally {
    rmSync(image, { force: true })
  }

  /** Something may have it open for a moment more. */
  async function unmount(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const failed = await run('umount', [folder]).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (failed === undefined) return
      if (tries === 100) throw failed
      await sleep(50)
    }
  }

  return {
    folder,
    async fill(left) {
      const { bavail, bsize } = statfsSync(folder)
      await run('fallocate', ['--length', String(Math.max(bsize, bavail * bsize - left)), filler])
    },
    free: () => rmSync(filler, { force: true }),
    async hang(ms) {
      await run('fsfreeze', ['--freeze', folder])
      try {
        await sleep(ms)
      } finally {
        await run('fsfreeze', ['--unfreeze', folder])
      }
    },
    abort: async () => void (await run('mount', ['-o', 'remount,abort', folder])),
    cutPower: async () => void (await run('python3', ['-c', shutdown, folder])),
    async mend() {
      await unmount()
      await mount()
    },
    async close() {
      await unmount()
      closeSync(held)
      rmdirSync(folder)
    },
  }
}
