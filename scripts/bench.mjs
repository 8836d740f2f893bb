// `npm run bench -- store`: sets up, builds and runs a measurement of bench/; without a name it lists them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const [name = '', ...args] = process.argv.slice(2)
const setup = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' })
if (setup.status !== 0) process.exit(1)
const program = join(root, 'build', 'bench', `${name}.js`)
if (!existsSync(program)) {
  const names = readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
  console.error(`bench: there are ${names.join(', ')}; run one with \`npm run bench -- ${names[0]}\``)
  process.exit(1)
}
process.exit(spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' }).status ?? 1)
