import type { Config } from '../config/load.js'
import type { Shared, Standing } from '../grant/store.js'

/** Which configuration this process decides under. */
export interface Rules {
  /** The one in force, if it is loaded here; else the newest that is. */
  current(): Config
  newest(): Config
  /** Takes a newer one on. Once announced, it comes into force when every process that shares the store has it. */
  load(fresh: Config): void
  /** Says again what is loaded here, and hears what is in force. */
  announce(): Promise<void>
  /** What was heard last; undefined where no other process shares the store. */
  standing(): Standing | undefined
}

/**
 * Keeps the newest configuration, and the one before it for as long as other processes still decide under
 * that: so nobody is refused while a new one makes its way to all of them.
 */
export function createRules(first: Config, shared: Shared | undefined): Rules {
  let loaded: readonly Config[] = [first]
  let standing: Standing | undefined
  const newest = () => loaded[0] ?? first

  async function announce(): Promise<void> {
    standing = await shared?.announce(newest().hash)
  }

  return {
    newest,
    announce,
    current: () => loaded.find(({ hash }) => hash === standing?.inForce) ?? newest(),
    load(fresh) {
      const before = loaded.find(({ hash }) => hash === standing?.inForce)
      loaded = [fresh, ...(before && before.hash !== fresh.hash ? [before] : [])]
    },
    standing: () => standing,
  }
}
