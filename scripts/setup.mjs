// Installs what is missing and builds, so that a fresh clone needs no step of its own before
// `npm test` or `npm run demo`. Says what it does; does nothing that is already done.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const stamp = join(root, 'node_modules', '.stint-installed')

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  if (status === 0) return
  console.error(`setup: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  process.exit(1)
}

/** Where Node's own headers lie beside its binary, better-sqlite3 builds against them without a download. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.version)
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('setup: installing dependencies (about a minute the first time: SQLite is compiled here)')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], nodeHeaders())
  // tap chooses its loaders before it rebuilds its plugins: without this the first run of tap fails.
  run(process.execPath, [join('node_modules', 'tap', 'dist', 'esm', 'run.mjs'), 'build'])
  writeFileSync(stamp, lock)
}

function build() {
  rmSync(join(root, 'build'), { recursive: true, force: true })
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')])
}

install()
build()
