import type { ConfigFault } from '../config/fault.js'
import { formatFaults } from '../config/render.js'
import { Fault, faults } from '../fault.js'
import { Stop } from './remote/stop.js'

/** What a command says: data on stdout, everything else on stderr. */
export interface Answer {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** A failure in words, with the exit code of its fault. `config` is how the configuration's file is called. */
export function failure(error: unknown, config: string): Answer {
  if (error instanceof Stop) return { exit: error.exit, out: '', err: `${error.message}\n` }
  if (!(error instanceof Fault))
    return {
      exit: faults.internal.exit,
      out: '',
      err: `stint: ${error instanceof Error ? error.message : String(error)}\n`,
    }
  const found = error.members['faults'] as readonly ConfigFault[] | undefined
  const lines = found ? `${formatFaults(found, config)}\n` : ''
  return { exit: faults[error.code].exit, out: '', err: `${lines}${error.detail}\n` }
}
