import type { Duration } from '../time.js'

/** Told of each batch of writes: how many went together, and how long it took until they were on disk. */
export type Wrote = (writes: number, took: Duration) => void
