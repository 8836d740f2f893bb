import '../test/support/loopback-only.js'
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { runAlone } from './alone.js'
import type { FaultKind } from './fault-kind.js'
import { prepareGround, storeKinds, type Ground, type StoreKind } from './ground.js'
import { faultKinds } from './kinds.js'
import { createRandom } from './random.js'
import { runFaults } from './run.js'
import { endText, head, rowText } from './table.js'
import { startWorld } from './world.js'

const args = process.argv.slice(2)
const { values } = parseArgs({
  args,
  options: {
    seed: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    store: { type: 'string' },
    short: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
  },
})
const seed = Number(values.seed ?? randomInt(2 ** 30))
const rounds = Number(values.rounds)
const stores = storeKinds.filter((kind) => values.store === undefined || kind === values.store)
const wanted = faultKinds.filter(({ name, long }) =>
  values.only === undefined ? !(values.short && long) : name === values.only,
)
if (stores.length === 0 || wanted.length === 0 || !(rounds > 0) || !Number.isInteger(seed)) {
  console.error(
    `faults: --seed NUMBER, --rounds NUMBER, --store ${storeKinds.join('|')}, --short, --only one of`,
  )
  for (const { name } of faultKinds) console.error(`  ${name}`)
  process.exit(2)
}
const code = await runAlone(args)
if (code !== undefined) process.exit(code)

/** Everything that is wanted and can be done there; what cannot is said. */
function possible({ kind, disk }: Ground): readonly FaultKind[] {
  return wanted.filter(({ name, store = kind, onDisk }) => {
    if (store !== kind) return false
    if (!onDisk || !('none' in disk)) return true
    console.log(`${name} on ${kind}: skipped, since it takes a file system of its own (${disk.none})`)
    return false
  })
}

/** True when nothing was wrong. */
async function on(kind: StoreKind): Promise<boolean> {
  const ground = await prepareGround(kind)
  if (!ground) {
    console.log('nothing is tried on PostgreSQL, since it is not installed')
    return true
  }
  const world = await startWorld(ground)
  try {
    const random = createRandom(seed, kind)
    const end = await runFaults(world, possible(ground), rounds, random, (row) => console.log(rowText(row)))
    console.log(endText(kind, end))
    return end.wrong.length === 0
  } finally {
    await world.close()
    await ground.close()
  }
}

console.log(`seed ${seed}, ${rounds} rounds of each fault\n${head()}`)
const meant = stores.filter((kind) => wanted.some(({ store = kind }) => store === kind))
const ended = await Promise.allSettled(meant.map(on))
for (const one of ended) if (one.status === 'rejected') console.error(one.reason)
const right = ended.every((one) => one.status === 'fulfilled' && one.value)
console.log(right ? 'nothing was lost' : `something was wrong: try again with --seed ${seed}`)
process.exit(right ? 0 : 1)
