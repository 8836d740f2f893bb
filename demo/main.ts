import '../test/support/loopback-only.js'
import type { ConfigFault } from '../src/config/fault.js'
import { formatFaults } from '../src/config/render.js'
import { Fault } from '../src/fault.js'
import { tellLines } from './lines.js'
import { createTelling } from './telling.js'
import { tour } from './tour.js'
import { startWorld } from './world.js'

// Which Node the AWS SDK of next year will want is no part of the tour.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const interrupted = (): Promise<'interrupted'> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve('interrupted'))
  })

/** Tells the tour; without `--once`, stays up afterwards until it is interrupted. Answers the exit code. */
async function run(once: boolean): Promise<number> {
  const interruption = interrupted()
  const colour = process.stdout.isTTY && !process.env.NO_COLOR
  let telling = true
  const told = createTelling((text) => void (telling && process.stdout.write(text)), colour)
  told.heading('Stint: the main job, from asking to the record')
  told.say(
    'Everything here runs in this one process and on loopback: Stint on SQLite, an identity provider, an ' +
      'AWS STS, and a service like DynamoDB that evaluates policies. Ana is an engineer, Bo approves, Cy ' +
      'audits.',
    0,
  )
  const world = await startWorld((line) => process.stderr.write(line))
  try {
    const outcome = await Promise.race([tour(world, told), interruption])
    if (outcome === 'interrupted') {
      // The step that is under way loses its world: what it would tell of that is of no interest.
      telling = false
      return 130
    }
    if (!once) {
      await tellLines(world, told)
      await interruption
    }
    return outcome ? 0 : 1
  } finally {
    await world.close()
  }
}

async function main([option, ...more]: readonly string[]): Promise<number> {
  if (more.length > 0 || (option !== undefined && option !== '--once')) {
    process.stderr.write('usage: npm run demo [-- --once]\n')
    return 2
  }
  try {
    return await run(option === '--once')
  } catch (error) {
    const faults = error instanceof Fault ? (error.members.faults as readonly ConfigFault[] | undefined) : []
    const what = faults?.length ? formatFaults(faults, 'demo/stint.yaml') : error
    process.stderr.write(`The demo could not go on: ${what instanceof Error ? what.stack : String(what)}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
