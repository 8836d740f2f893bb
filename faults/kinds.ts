import type { FaultKind } from './fault-kind.js'
import { faultsAround } from './kinds/around.js'
import { diskFaults } from './kinds/disk.js'
import { postgresFaults } from './kinds/postgres.js'
import { processFaults } from './kinds/process.js'

/** Everything that is tried, in the order of docs/faults.md. */
export const faultKinds: readonly FaultKind[] = [
  ...processFaults,
  ...postgresFaults,
  ...diskFaults,
  ...faultsAround,
]
