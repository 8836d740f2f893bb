import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster, type Cluster } from '../test/support/cluster.js'
import { mountDisk, type Disk } from './disk.js'

export const storeKinds = ['sqlite', 'postgres'] as const
export type StoreKind = (typeof storeKinds)[number]

/** Where the record is kept, and how many brokers share it. */
export interface Ground {
  readonly kind: StoreKind
  /** As `STINT_STORE` says it. */
  readonly store: string
  readonly brokers: number
  readonly cluster?: Cluster
  /** The file system that it lies on, where there may be one of its own; else why there may not. */
  readonly disk: Disk | { readonly none: string }
  /** Rejects when a secret that was minted is in a database. */
  close(): Promise<void>
}

/** Undefined where PostgreSQL is not installed and need not be. */
export async function prepareGround(kind: StoreKind): Promise<Ground | undefined> {
  const disk = await mountDisk().catch((error: Error) => ({ none: error.message.split('\n')[0] ?? '' }))
  const parent = 'none' in disk ? mkdtempSync(join(tmpdir(), 'stint-faults-')) : disk.folder
  const cleanUp = async () => {
    if ('none' in disk) rmSync(parent, { recursive: true, force: true })
    else await disk.close()
  }
  const kept = kind === 'sqlite' ? aFile(parent) : await aServer(parent)
  if (!kept) {
    await cleanUp()
    return undefined
  }
  return {
    kind,
    disk,
    ...kept,
    async close() {
      await kept.cluster?.close()
      await cleanUp()
    },
  }
}

type Kept = Pick<Ground, 'store' | 'brokers' | 'cluster'>

function aFile(parent: string): Kept {
  const folder = join(parent, 'store')
  mkdirSync(folder)
  return { store: join(folder, 'stint.db'), brokers: 1 }
}

async function aServer(parent: string): Promise<Kept | undefined> {
  // Where this is root, the server is another user.
  chmodSync(parent, 0o755)
  const cluster = await startCluster(parent)
  if (!cluster) return undefined
  return { store: await cluster.fresh(), brokers: 2, cluster }
}
