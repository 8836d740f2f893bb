// `npm run smoke:aws -- --account 123456789012`: sets up, builds, and tries in a real account what only AWS can confirm.
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve(import.meta.dirname, '..')
const setup = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' })
if (setup.status !== 0) process.exit(1)
await import(pathToFileURL(join(root, 'build', 'smoke', 'main.js')).href)
