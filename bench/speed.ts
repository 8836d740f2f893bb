// How fast Stint is, as ratios against floors on the same machine; the method is in bench/README.md.
//
//   npm run bench -- speed              the whole table, in Markdown
//   npm run bench -- speed ask decide   only these
import { loadavg } from 'node:os'
import { measureAsk } from './speed/ask.js'
import { measureDecide } from './speed/decide.js'
import { table, type Figure } from './speed/figures.js'
import { measureLists } from './speed/lists.js'
import { measureMemory } from './speed/memory.js'
import { measureReplicas } from './speed/replicas.js'
import { measureStart } from './speed/start.js'

const measurements: Readonly<Record<string, () => Promise<Figure[]>>> = {
  ask: measureAsk,
  decide: measureDecide,
  lists: measureLists,
  start: measureStart,
  memory: measureMemory,
  replicas: measureReplicas,
}

const wanted = process.argv.slice(2)
const names = wanted.length > 0 ? wanted : Object.keys(measurements)
const unknown = names.find((name) => !measurements[name])
if (unknown !== undefined) {
  console.error(`speed: there is no ${unknown}; there are ${Object.keys(measurements).join(', ')}`)
  process.exit(1)
}
const figures: Figure[] = []
for (const name of names) {
  console.error(`speed: ${name} (load ${loadavg()[0]?.toFixed(1)})`)
  figures.push(...((await measurements[name]?.()) ?? []))
}
console.log(table(figures))
