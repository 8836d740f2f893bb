import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../fault.js'

/**
 * The folder of a dialect's migrations: `migrations/<dialect>` in the nearest folder above the module
 * `from` (its `import.meta.url`), so that it is found from sources and from the build alike. Throws the
 * fault `invalid_config` when there is none.
 */
export function migrationsFolder(dialect: string, from: string): string {
  let folder = dirname(fileURLToPath(from))
  for (;;) {
    const candidate = join(folder, 'migrations', dialect)
    if (existsSync(candidate)) return candidate
    const parent = dirname(folder)
    if (parent === folder) throw new Fault('invalid_config', "The store's migrations are not installed.")
    folder = parent
  }
}
