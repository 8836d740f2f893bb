import { basename, dirname } from 'node:path'
import type { Test } from 'tap'
import { Fault } from '../../src/fault.js'
import { openSqlite } from '../../src/store/sqlite/store.js'

/** Starts on a file that must be refused, and returns the refusal, which must show nothing internal. */
export async function refusal(t: Test, path: string, migrations?: string): Promise<Fault> {
  const started = openSqlite({ path, ...(migrations === undefined ? {} : { migrations }) })
  const error = await started.then(
    async (store) => {
      await store.close()
      return new Error('it started')
    },
    (reason: unknown) => reason,
  )
  if (!(error instanceof Fault)) throw error
  const internal = [dirname(path), basename(path), 'SQL', 'SELECT', 'INSERT'].filter(
    (text) => text.length > 2,
  )
  t.same(
    internal.filter((text) => error.detail.includes(text)),
    [],
    error.detail,
  )
  return error
}
