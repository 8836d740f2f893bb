// The tour from a fresh clone: set up, then the built demo in this very process, with the arguments given.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const setup = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' })
if (setup.status !== 0) process.exit(1)
await import(pathToFileURL(join(root, 'build', 'demo', 'main.js')).href)
