import { Fault } from '../fault.js'
import type { Config } from './load.js'

/** What is fixed for the life of the process. */
const fixed = [
  'issuers',
  'trustedProxies',
  'listen',
  'store',
  'sts',
  'iam',
  'slack',
  'checkpoints',
  'feed',
  'leavers',
] as const

/** Throws `invalid_config` where a file changes what is fixed. It is refused whole: half of it would lie. */
export function mustRestart(now: Config, fresh: Config): void {
  const changed = fixed.filter((part) => JSON.stringify(now[part]) !== JSON.stringify(fresh[part]))
  if (changed.length === 0) return
  const faults = changed.map((path) => ({ path, message: 'has changed; that needs a restart' }))
  throw new Fault('invalid_config', `${changed.join(', ')} changed: restart to load this.`, {
    members: { faults },
  })
}
