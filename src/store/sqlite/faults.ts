import { Fault } from '../../fault.js'
import type { FaultCode } from '../../fault.js'

/** A fault on its way between two threads. `cause` is for the log alone. */
export interface Told {
  readonly code: FaultCode
  readonly detail: string
  readonly cause?: string
}

/** What a result code of SQLite (its first word: sqlite.org/rescode.html) means to whoever runs Stint. */
const sentences: Readonly<Record<string, string>> = {
  BUSY: 'Another program holds the database locked. Close whatever else has it open for writing, then try again.',
  LOCKED:
    'Another program holds the database locked. Close whatever else has it open for writing, then try again.',
  READONLY:
    'The database can be read but not written. Make its file and its folder writable for Stint, and the disk too.',
  FULL: 'The disk that holds the database is full. Make room on it, then try again.',
  CORRUPT: 'The database is damaged. Stop Stint and restore the file from a backup.',
  NOTADB:
    'The file is no database, or its beginning is damaged. Stop Stint and restore the file from a backup.',
  IOERR:
    'The disk that holds the database does not read or write as it should. Check the disk and its free space.',
  CANTOPEN: 'The database cannot be opened. Its folder must exist, and Stint must be allowed to write there.',
}

/** The SQLite result code of an error, without `SQLITE_` and extensions; undefined for any other error. */
export function resultCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return /^SQLITE_([A-Z]+)/.exec(error.code)?.[1]
}

/**
 * Whatever was thrown, as a fault. What SQLite says about the file is `store_unavailable`; a broken
 * constraint or a bug is `internal`. No path, statement or value of SQLite's own message is shown.
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  const code = resultCode(error)
  if (code === undefined || code === 'CONSTRAINT' || code === 'ERROR' || code === 'MISMATCH') {
    return new Fault('internal', 'The store was given something that it cannot keep.', { cause: error })
  }
  const detail = sentences[code] ?? 'The database cannot be used. The log says what SQLite answered.'
  return new Fault('store_unavailable', detail, { cause: error })
}

export function tell(error: unknown): Told {
  const { code, detail, cause } = faultOf(error)
  if (cause === undefined) return { code, detail }
  const prefix = resultCode(cause) === undefined ? '' : `SQLITE_${resultCode(cause)}: `
  return { code, detail, cause: prefix + (cause instanceof Error ? cause.message : String(cause)) }
}

export const told = ({ code, detail, cause }: Told): Fault =>
  new Fault(code, detail, cause === undefined ? {} : { cause: new Error(cause) })
