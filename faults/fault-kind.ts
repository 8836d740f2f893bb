import type { Disk } from './disk.js'
import type { StoreKind } from './ground.js'
import type { Random } from './random.js'
import type { World } from './world.js'

/** One way in which things go wrong. */
export interface FaultKind {
  readonly name: string
  /** The stores that it can happen to; both when left out. */
  readonly store?: StoreKind
  /** It is done to a file system of the store's own. */
  readonly onDisk?: true
  /** Takes too long for a run that everybody waits for. */
  readonly long?: true
  /**
   * Does the harm under load, and mends it where it does not mend by itself. Resolves to when the harm was over,
   * by `performance.now()`: from then on the service has to come back by itself, or by being started again.
   */
  strike(world: World, random: Random): Promise<number>
}

/** The file system of a fault that is done to one. */
export function diskOf({ ground }: World): Disk {
  if ('none' in ground.disk) throw new Error(ground.disk.none)
  return ground.disk
}
