import Database from 'better-sqlite3'
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '../../fault.js'

export type Connection = Database.Database

/** How long a statement waits for a lock of another process, in milliseconds. */
const patience = 2_000

/**
 * Makes the file for a new database, for its owner alone; SQLite gives `-wal` and `-shm` the same mode.
 * An existing file is left as it is. Returns its absolute path, which no longer can be a `file:` URI.
 */
export function databaseFile(path: string): string {
  if (path === '' || path === ':memory:') {
    throw new Fault('invalid_config', 'The store needs a file: a record in memory would be lost.')
  }
  const file = resolve(path)
  try {
    const handle = openSync(file, 'wx', 0o600)
    fsyncSync(handle)
    closeSync(handle)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      const detail =
        'The database cannot be created. Its folder must exist, and Stint must be allowed to write there.'
      throw new Fault('store_unavailable', detail, { cause })
    }
  }
  return file
}

/** A connection that writes: acknowledged is what was fsynced (`FULL`), also after a power cut. */
export function openWriting(file: string): Connection {
  const db = new Database(file, { fileMustExist: true, timeout: patience })
  if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
    db.close()
    throw new Fault(
      'store_unavailable',
      'The disk of the database cannot hold a write-ahead log. Use a local disk.',
    )
  }
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('recursive_triggers = ON')
  db.pragma('trusted_schema = OFF')
  return db
}

/** A connection that cannot write, and sees all that was committed before each of its transactions. */
export function openReading(file: string): Connection {
  const db = new Database(file, { fileMustExist: true, readonly: true, timeout: patience })
  db.pragma('trusted_schema = OFF')
  return db
}

/**
 * Returns a check that the path still names the file that is open. A file that was moved or replaced
 * can be written for ever without anybody finding the record again.
 */
export function anchor(file: string): () => void {
  const { dev, ino } = statSync(file)
  return () => {
    const now = statSync(file, { throwIfNoEntry: false })
    if (now?.dev === dev && now.ino === ino) return
    const detail =
      'The database file was moved or replaced while Stint was running. Put it back, then restart Stint.'
    throw new Fault('store_unavailable', detail)
  }
}
