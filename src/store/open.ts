import { Fault } from '../fault.js'
import type { Store } from '../grant/store.js'
import type { Clock } from '../time.js'
import type { Source, Target } from './archive.js'
import { readMigrations, shipped } from './migrate.js'
import { fillSqlite, readSqlite } from './sqlite/archive.js'
import { openSqlite } from './sqlite/store.js'
import type { Wrote } from './wrote.js'

/** Where the record is kept: in a file of this process's own, or in a database that processes share. */
export type Place = { readonly path: string } | { readonly url: string }

/** The migrations that a store there has once it is open. */
export const migrationsOf = (place: Place): readonly string[] =>
  readMigrations(shipped('path' in place ? 'sqlite' : 'postgres')).map(({ name }) => name)

/** Where that is, for a person; without the password that a URL may hold. */
export function placeText(place: Place): string {
  if ('path' in place) return `sqlite:${place.path}`
  const { protocol, hostname, port, pathname } = new URL(place.url)
  return `${protocol}//${hostname}${port && `:${port}`}${pathname}`
}

/** What tells this process from others that share its store. */
interface Process {
  /** Made anew at each start. */
  readonly replica: string
  readonly clock: Clock
  readonly wrote?: Wrote
}

/**
 * Opens the store. The driver of PostgreSQL is loaded only where it is asked for, and need not be installed
 * elsewhere. Rejects with the fault `store_unavailable` or `invalid_config`.
 */
export async function openStore(place: Place, { replica, clock, wrote = () => {} }: Process): Promise<Store> {
  if ('path' in place) return openSqlite({ ...place, wrote })
  const { openPostgres } = await import('./postgres/store.js').catch(notInstalled)
  return openPostgres({ url: place.url, replica, clock, wrote })
}

/** A store as it is now, to be read through. Rejects with the fault `store_unavailable` where there is none. */
export async function openSource(place: Place): Promise<Source> {
  if ('path' in place) return readSqlite(place.path)
  const { readPostgres } = await import('./postgres/archive.js').catch(notInstalled)
  return readPostgres(place.url)
}

/** A store to be filled; a file is made where there is none. */
export async function openTarget(place: Place): Promise<Target> {
  if ('path' in place) return fillSqlite(place.path)
  const { fillPostgres } = await import('./postgres/archive.js').catch(notInstalled)
  return fillPostgres(place.url)
}

function notInstalled(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
  throw new Fault('invalid_config', 'PostgreSQL needs the package "pg" (npm install pg), which is missing.', {
    cause,
  })
}
