import { parseSigner } from '../audit/note.js'
import type { Checkpoint } from '../audit/checkpoint.js'
import type { CheckpointsWiring } from '../config/checkpoints.js'
import type { SealingTrouble } from '../grant/seal.js'
import type { Store } from '../grant/store.js'
import type { OwnCredentials } from '../mint/clients.js'
import type { Clock } from '../time.js'
import { bucketOutlet } from './bucket.js'
import { checkpoint, type Outlet } from './checkpoints.js'
import { folderOutlet, logOutlet } from './outlets.js'

/** Signs the record as the configuration has it. */
export interface Sealing {
  /** One look: see `checkpoint`. */
  run(): Promise<{ readonly unsigned: number }>
  /** Since when it fails without a break, and why the last time; undefined while it does not. */
  trouble(): SealingTrouble | undefined
  close(): void
}

interface Surroundings {
  readonly store: Store
  readonly clock: Clock
  readonly credentials?: OwnCredentials
  readonly log: (checkpoint: Checkpoint, note: string) => void
}

/** Rejects with `invalid_config` where what an outlet needs is not installed. */
export async function openSealing(
  { keys, every, events, folder, bucket, log }: CheckpointsWiring,
  surroundings: Surroundings,
): Promise<Sealing> {
  const { store, clock, credentials } = surroundings
  const objects = bucket && (await bucketOutlet({ ...bucket, clock, ...(credentials && { credentials }) }))
  const outlets: readonly Outlet[] = [
    ...(folder === undefined ? [] : [folderOutlet(folder)]),
    ...(objects ? [objects] : []),
    ...(log ? [logOutlet(surroundings.log)] : []),
  ]
  const signers = keys.map(parseSigner).filter((signer) => signer !== undefined)
  let trouble: SealingTrouble | undefined
  return {
    async run() {
      try {
        const looked = await checkpoint({ store, signers, outlets, every, events, clock })
        trouble = undefined
        return looked
      } catch (error) {
        trouble = { since: trouble?.since ?? clock(), error }
        throw error
      }
    },
    trouble: () => trouble,
    close: () => objects?.close(),
  }
}
