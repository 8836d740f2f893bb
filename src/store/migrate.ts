import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../fault.js'

/** One step of the schema: `NNNN_name.sql`, numbered from 0001 without a gap, never edited once applied. */
export interface Migration {
  readonly name: string
  /** Of the file's bytes, hex. */
  readonly sha256: string
  readonly sql: string
}

/** Those that Stint comes with: at the root of the installation, three folders above `build/src/store`. */
export const shipped = (dialect: 'sqlite' | 'postgres'): string =>
  fileURLToPath(new URL(`../../../migrations/${dialect}`, import.meta.url))

/**
 * Reads a folder's migrations, in order. Throws the fault `invalid_config` where one is misnamed, a
 * number is missing or taken twice, or there is none.
 */
export function readMigrations(folder: string): readonly Migration[] {
  const names = list(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  names.forEach((name, index) => {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) throw broken(`"${name}" is not named like 0001_name.sql`)
    if (Number(name.slice(0, 4)) !== index + 1) throw broken(`"${name}" is not the next in number`)
  })
  if (names.length === 0) throw broken('there is none')
  return names.map((name) => {
    const bytes = readFileSync(join(folder, name))
    return { name, sha256: createHash('sha256').update(bytes).digest('hex'), sql: bytes.toString('utf8') }
  })
}

/**
 * What is still to be applied, in order. Throws the fault `invalid_config` unless what was applied is
 * exactly the beginning of what is known: a schema is never guessed at.
 */
export function outstanding(
  known: readonly Migration[],
  applied: readonly Pick<Migration, 'name' | 'sha256'>[],
): readonly Migration[] {
  applied.forEach(({ name, sha256 }, index) => {
    const migration = known.find((candidate) => candidate.name === name)
    if (migration === undefined) throw name > (known.at(-1)?.name ?? '') ? newer(name) : missing(name)
    if (migration.sha256 !== sha256) throw broken(`"${name}" was changed after it was applied`)
    const expected = known[index]?.name
    if (expected !== name) throw broken(`"${expected}" was not applied before "${name}"`)
  })
  return known.slice(applied.length)
}

const missing = (name: string): Fault => broken(`"${name}" was applied to the database and is missing`)

const broken = (what: string): Fault =>
  new Fault('invalid_config', `The store's migrations do not hold: ${what}. Install Stint again, unchanged.`)

const newer = (name: string): Fault =>
  new Fault(
    'invalid_config',
    `The database was written by a newer Stint (it has "${name}"). Run that version, or restore a backup.`,
  )

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    throw new Fault('invalid_config', "The folder of the store's migrations cannot be read.", { cause })
  }
}
