import { exits, faults, type FaultCode } from '../../fault.js'
import type { Problem } from '../../http/contract.js'

export type StopCode = FaultCode | keyof typeof exits

/** Why a command ends without what was wanted: one or two sentences for a person, and an exit code. */
export class Stop extends Error {
  override readonly name = 'Stop'
  readonly code: StopCode
  /** What the broker said, where it was the broker. */
  readonly problem: Problem | undefined

  constructor(code: StopCode, detail: string, problem?: Problem) {
    super(detail)
    this.code = code
    this.problem = problem
  }

  get exit(): number {
    return exitOf(this.code)
  }
}

/** The exit code of a code, from the one table; 1 for one that only a newer broker knows. */
export function exitOf(code: string): number {
  if (Object.hasOwn(exits, code)) return exits[code as keyof typeof exits]
  return Object.hasOwn(faults, code) ? faults[code as FaultCode].exit : faults.internal.exit
}
