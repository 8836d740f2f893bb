import type { StopCode } from './stop.js'

/** What the doctor found of one thing. */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'failed'
  readonly detail: string
  /** What would make it well. */
  readonly mend?: string
  /** Whose exit code it is, where it failed. */
  readonly code?: StopCode
}
