import type { Clock, Duration } from '../../time.js'

/** One of the process's two outputs. */
export interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean
  /** How wide a terminal is. */
  readonly columns?: number
}

/** Everything that a command which talks to a broker takes from the process. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
  readonly home: string
  /** The user's number; undefined where there is none, as on Windows. */
  readonly uid: number | undefined
  readonly pid: number
  /** Whether there is such a process. */
  readonly alive: (pid: number) => boolean
  readonly clock: Clock
  /** Secure random bytes. */
  readonly random: (bytes: number) => Uint8Array
  /** Rejects where the signal says that nobody waits any more. */
  readonly sleep: (ms: Duration, signal?: AbortSignal) => Promise<void>
  readonly fetch: typeof fetch
  readonly stdout: Sink
  readonly stderr: Sink
  /** Whether a person can be asked: both input and error output are a terminal. */
  readonly interactive: boolean
  /** Asks that person a question, on stderr; the answer without space around it. */
  readonly question: (text: string) => Promise<string>
  /** The same for a yes or no; true for yes alone. */
  readonly confirm: (question: string) => Promise<boolean>
  /** How this program is started again, as a program and its first arguments. */
  readonly self: readonly string[]
  /** Calls back at a signal, in place of what the process would do; the answer takes that back. */
  readonly on: (signal: NodeJS.Signals, heard: () => void) => () => void
}
