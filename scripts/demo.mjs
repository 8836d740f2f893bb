// The tour from a fresh clone: set up, then run the built demo with the arguments given.
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const setup = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' })
if (setup.status !== 0) process.exit(1)

const demo = spawn(process.execPath, [join(root, 'build', 'demo', 'main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
})
// A terminal sends its interrupt to both: this process only stays until the demo has closed what it opened.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => demo.kill(signal))
demo.on('error', (error) => {
  console.error(`demo: ${error.message}`)
  process.exit(1)
})
demo.on('close', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
