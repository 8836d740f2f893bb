import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { FaultKind } from '../fault-kind.js'
import type { World } from '../world.js'

/** At any moment of its life, the first and what it does before it serves among them; a supervisor starts it again. */
const kill: FaultKind = {
  name: 'kill -9',
  async strike(world, random) {
    await sleep(random.between(0, 600))
    await world.end(random.pick(world.brokers()), 'SIGKILL')
    const over = performance.now()
    if (random.chance(0.2)) await world.stillborn(random.between(0, 1_500))
    await world.up()
    return over
  },
}

/** All at once, as when the machine goes. */
const killAll: FaultKind = {
  name: 'kill -9 of all',
  store: 'postgres',
  long: true,
  async strike(world, random) {
    await sleep(random.between(0, 600))
    await Promise.all(world.brokers().map((broker) => world.end(broker, 'SIGKILL')))
    const over = performance.now()
    await world.up()
    return over
  },
}

/** A new version is rolled out: what is under way is finished, nothing new is begun. The steps of the clock begin so, too. */
const terminate: FaultKind = {
  name: 'SIGTERM',
  long: true,
  async strike(world, random) {
    await sleep(random.between(100, 600))
    await world.end(random.pick(world.brokers()), 'SIGTERM')
    const over = performance.now()
    await world.up()
    return over
  },
}

/** Rules that are valid and others that are not, one after the other, while they are decided by. */
const reload: FaultKind = {
  name: 'SIGHUP',
  async strike(world, random) {
    const usual = readFileSync(world.config, 'utf8')
    const load = async (text: string) => {
      writeFileSync(world.config, text)
      for (const { child } of world.brokers()) child.kill('SIGHUP')
      await sleep(random.between(20, 300))
    }
    for (let times = random.between(2, 4); times > 0; times--)
      await load(
        random.chance(0.3)
          ? `${usual}roles: again`
          : usual.replace(/within: \d+m/, `within: ${random.between(31, 59)}m`),
      )
    await load(usual)
    return performance.now()
  },
}

/**
 * Connections that nobody uses take every descriptor that a broker may have. Where its keys were to be fetched just
 * then, it is back only after the pause between two fetches.
 */
const descriptors: FaultKind = {
  name: 'descriptors exhausted',
  long: true,
  async strike(world, random) {
    const [broker] = world.brokers()
    if (!broker) throw new Error('No broker runs.')
    const { pid = 0 } = broker.child
    const open = readdirSync(`/proc/${pid}/fd`).length
    const limit = (soft: string) =>
      promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${soft}:`])
    const before = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[1] ?? ''
    await limit(String(open + random.between(0, 3)))
    const sockets = Array.from({ length: 30 }, () => hold(broker.url))
    await sleep(random.between(300, 1_000))
    for (const socket of sockets) socket.destroy()
    await limit(before)
    return performance.now()
  },
}

function hold(url: string): Socket {
  const { hostname, port } = new URL(url)
  return connect(Number(port), hostname).on('error', () => undefined)
}

/**
 * A clock that jumps: a broker of this process, since a machine's own clock is everybody's. Grants end and lapse by
 * it, and what it is set back over must neither open nor move anything again.
 */
const clockSteps: FaultKind = {
  name: 'clock steps',
  store: 'sqlite',
  async strike(world: World, random) {
    await Promise.all(world.brokers().map((broker) => world.end(broker, 'SIGTERM')))
    const guest = await world.guest()
    try {
      for (let times = random.between(2, 4); times > 0; times--) {
        guest.step(random.pick([-1_800_000, -90_000, -1_500, 1_500, 90_000, 1_800_000]))
        await sleep(random.between(200, 800))
      }
    } finally {
      await guest.close()
    }
    const over = performance.now()
    await world.up()
    return over
  },
}

export const processFaults: readonly FaultKind[] = [kill, killAll, terminate, reload, descriptors, clockSteps]
