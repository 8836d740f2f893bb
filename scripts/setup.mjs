// Installs what is missing and builds, so that a fresh clone needs no step of its own before
// `npm test` or `npm run demo`. Says what it does; does nothing that is already done.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const stamp = join(root, 'node_modules', '.stint-installed')

function run(command, args, { env = {}, hint = '' } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  if (status === 0) return
  console.error(`setup: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
  if (hint) console.error(`setup: ${hint}`)
  process.exit(1)
}

/** Where Node's own headers lie beside its binary, better-sqlite3 builds against them without a download. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}
}

/** npm and node-gyp want a home to cache in: where there is none that can be written, a passing one. */
function withHome(use) {
  const home = homedir()
  try {
    if (!home) throw new Error('HOME is empty')
    accessSync(home, constants.W_OK)
  } catch {
    const passing = mkdtempSync(join(tmpdir(), 'stint-home-'))
    try {
      return use({ HOME: passing, npm_config_cache: join(passing, '.npm') })
    } finally {
      rmSync(passing, { recursive: true, force: true })
    }
  }
  return use({})
}

/** What the installed tree depends on: the lock, tap's plugins, and the Node that SQLite is compiled for. */
function wanted() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(readFileSync(join(root, '.taprc')))
    .update(`${process.version} ${process.platform} ${process.arch}`)
    .digest('hex')
}

function install() {
  const hash = wanted()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  console.log('setup: installing dependencies (about a minute the first time: SQLite is compiled here)')
  // Both said outright: NODE_ENV=production would leave out the compiler, `npm -s` would hide the errors.
  const options = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  withHome((home) => run('npm', ['ci', ...options], { env: { ...home, ...nodeHeaders() } }))
  // An npm that skipped the install script leaves a tree that fails much later and says less.
  run(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:')"], {
    hint: 'SQLite was not built: it needs python3, make and g++, and npm must be allowed to run install scripts',
  })
  // tap chooses its loaders before it rebuilds its plugins: without this the first run of tap fails.
  run(process.execPath, [join('node_modules', 'tap', 'dist', 'esm', 'run.mjs'), 'build'])
  writeFileSync(stamp, hash)
}

function build() {
  rmSync(join(root, 'build'), { recursive: true, force: true })
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')])
  run(process.execPath, [join('scripts', 'bundle.mjs')])
}

install()
build()
