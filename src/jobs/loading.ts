import type { Event, EventKind } from '../audit/event.js'
import { unchecked } from '../config/checkpoints.js'
import type { ConfigFault } from '../config/fault.js'
import { mustRestart } from '../config/fixed.js'
import { standing } from '../config/lint.js'
import { loadConfig, type Config, type Sources } from '../config/load.js'
import { Fault } from '../fault.js'
import { self } from '../grant/events.js'
import type { Store } from '../grant/store.js'
import type { Clock } from '../time.js'
import type { Rules } from './rules.js'

/** Puts each configuration on the record before it counts. */
export interface Loading {
  /** The one that the process starts with. */
  first(): Promise<void>
  /** Takes the rules on as they are now, if all of it is valid; else rejects, and the old ones stay. */
  again(): Promise<void>
  /** Logs what the lint finds in the ceilings, that nobody accepts today; and what is missing for the record to be checked. */
  warn(config: Config): void
}

interface Log {
  info(what: object, message: string): void
  warn(what: object | string, message?: string): void
  error(what: object, message: string): void
}

interface Surroundings {
  readonly readConfig: () => Promise<string>
  readonly env: Sources['env']
  readonly rules: Rules
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  /** The other replicas could not be told just now. */
  readonly unheard: (error: unknown) => void
}

export function createLoading(surroundings: Surroundings): Loading {
  const { readConfig, env, rules, store, clock, log, unheard } = surroundings

  const record = (kind: EventKind, data: Event['data']) =>
    store.commit({ events: [{ kind, at: clock(), by: self, data }] })

  function warn({ findings, checkpoints }: Config) {
    const unsigned = unchecked(checkpoints)
    if (unsigned !== undefined) log.warn(unsigned)
    for (const finding of findings) {
      if (standing(finding, clock()) === 'allowed') continue
      const { role, code, level, detail, line } = finding
      log.warn({ role, code, level, line, detail }, 'finding in a ceiling')
    }
  }

  async function load() {
    try {
      const fresh = loadConfig({ file: await readConfig(), env })
      const before = rules.newest()
      mustRestart(before, fresh)
      await record('config.loaded', { config: fresh.hash, before: before.hash })
      rules.load(fresh)
      // It is loaded, whether the others hear of it now or in a moment.
      await rules.announce().catch(unheard)
      log.info({ config: fresh.hash }, 'configuration loaded')
      warn(fresh)
    } catch (error) {
      const faults = error instanceof Fault ? error.members['faults'] : undefined
      log.error({ err: error, faults }, 'configuration refused; the old one stays')
      await record('config.refused', {
        config: rules.newest().hash,
        faults: ((faults ?? []) as readonly ConfigFault[]).slice(0, 20),
      })
      throw error
    }
  }

  return {
    first: async () => void (await record('config.loaded', { config: rules.newest().hash })),
    again: oneByOne(load),
    warn,
  }
}

/** Runs one after the other, so that a read begun earlier never overtakes, and undoes, a later one. */
function oneByOne(run: () => Promise<void>): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(run, run))
}
