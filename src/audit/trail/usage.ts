import type { Instant } from '../../time.js'
import { actionsOf } from './actions.js'
import type { Call } from './call.js'
import { remembered } from './coverage.js'
import { isRefused } from './refusal.js'

/** When the sessions of one IAM role used something last. */
export interface Usage {
  /** By the name in policies, in lower case. */
  readonly actions: Map<string, Instant>
  readonly regions: Map<string, Instant>
  /** Events of which no table says which action they needed, `source name`. */
  readonly unmapped: Map<string, Instant>
}

export interface Usages {
  take(call: Call): void
  of(arn: string): Usage | undefined
}

/** No service has so many actions; what names more was made up. */
const most = 20_000

/**
 * What is used of each role. What a session was refused is not; what failed for another reason is, since it was allowed.
 */
export function createUsages(roles: ReadonlyMap<string, string>): Usages {
  const byRole = new Map<string, Usage>()
  const actions = remembered((text) => {
    const [source = '', name = ''] = text.split('\n')
    return actionsOf(source, name)
  })
  return {
    of: (arn) => byRole.get(arn),
    take(call) {
      const { by, at, source, name, region, isApi } = call
      if (by.role === undefined || !roles.has(by.role) || !isApi || isRefused(call)) return
      const usage = byRole.get(by.role) ?? { actions: new Map(), regions: new Map(), unmapped: new Map() }
      byRole.set(by.role, usage)
      const names = actions(`${source}\n${name}`)
      for (const action of names) last(usage.actions, action.toLowerCase(), at)
      if (names.length === 0) last(usage.unmapped, `${source} ${name}`, at)
      last(usage.regions, region, at)
    },
  }
}

function last(map: Map<string, Instant>, name: string, at: Instant): void {
  const before = map.get(name)
  if (before !== undefined || map.size < most) map.set(name, Math.max(before ?? at, at))
}
