import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Duration } from '../../time.js'
import { Stop } from './stop.js'
import type { World } from './world.js'

/** Longer than anything that is done under a lock, a sign-in by a person included. */
const stale: Duration = 10 * 60_000
const beat: Duration = 100

type Surroundings = Pick<World, 'pid' | 'alive' | 'clock' | 'random' | 'sleep'>

/**
 * Runs one at a time, over all processes of this user on this machine, what goes by the same path. A lock whose process is
 * gone, or that is older than anything takes, is taken over. Rejects with a `Stop` when it is not free in time.
 */
export async function withLock<T>(path: string, world: Surroundings, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  const mine = `${world.pid} ${Buffer.from(world.random(8)).toString('hex')}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const until = world.clock() + stale
  while (!(await take(lock, mine))) {
    const held = await holder(lock)
    if (held !== undefined && isStale(held, world)) await takeAway(lock, held.text, mine)
    else if (world.clock() > until)
      throw new Stop('conflict', `Another stint is busy and does not end. If none runs, remove ${lock}.`)
    else await world.sleep(beat)
  }
  try {
    return await run()
  } finally {
    if ((await holder(lock))?.text === mine) await rm(lock, { force: true })
  }
}

interface Holder {
  readonly text: string
  readonly since: number
}

async function take(lock: string, mine: string): Promise<boolean> {
  // Whole from its first moment on: a lock that is being written is never read as nobody's.
  const draft = `${lock}.${mine.split(' ')[1]}`
  const file = await open(draft, 'wx', 0o600)
  await file.writeFile(mine).finally(() => file.close())
  const taken = await link(draft, lock).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  await rm(draft, { force: true })
  return taken
}

const holder = (lock: string): Promise<Holder | undefined> =>
  Promise.all([readFile(lock, 'utf8'), stat(lock)]).then(
    ([text, { mtimeMs }]) => ({ text, since: mtimeMs }),
    () => undefined,
  )

const isStale = ({ text, since }: Holder, { alive, clock }: Surroundings): boolean =>
  clock() - since > stale || !alive(Number(text.split(' ')[0]))

/** Two may want to take the same lock away: what was taken by mistake, somebody's new one, is put back. */
async function takeAway(lock: string, seen: string, mine: string): Promise<void> {
  const aside = `${lock}.${mine.split(' ')[1]}.old`
  await rename(lock, aside).catch(() => undefined)
  const text = await readFile(aside, 'utf8').catch(() => seen)
  if (text !== seen) await link(aside, lock).catch(() => undefined)
  await rm(aside, { force: true })
}
