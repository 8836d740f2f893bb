import { describe } from '../approval/who.js'
import type { Limits, Role } from '../catalog/catalog.js'
import type { BreakGlass } from '../catalog/break-glass.js'
import { isAmong } from '../decision/votes.js'
import { judge } from '../decision/judge.js'
import type { Caller } from '../identity/caller.js'
import { namesOf } from '../identity/network.js'
import type { Broker, Call } from './broker.js'
import { isAuditor, isOperator } from './visible.js'

/** Who the caller is to Stint. */
export interface Me {
  readonly caller: Caller
  readonly networks: readonly string[]
  readonly auditor: boolean
  readonly operator: boolean
}

export function me(broker: Broker, { caller }: Call): Me {
  return {
    caller,
    networks: namesOf(broker.catalog().networks, caller.address),
    auditor: isAuditor(broker, caller),
    operator: isOperator(broker, caller),
  }
}

/** A role that the caller may ask for, as it would be decided if asked for whole, by default, now. */
export interface RoleView {
  readonly role: Role
  readonly limits: Limits
  readonly who: string
  /** Names of the approval rules that would apply, by account; those that look at the reason or ticket may differ. */
  readonly approval: ReadonlyMap<string, readonly string[]>
  /** Where the caller may break the glass: the longest window, and the least characters of the reason. */
  readonly breakGlass?: Pick<BreakGlass, 'window' | 'reason'>
}

/** The roles that the caller may ask for, by name. Address and sign-in are judged when they ask. */
export function roles(broker: Broker, { caller }: Call): readonly RoleView[] {
  const now = broker.clock()
  const catalog = broker.catalog()
  return [...catalog.roles.values()].flatMap((role) => {
    const judged = [...role.targets.keys()].map((account) => ({
      account,
      ...judge({ catalog, asker: caller, ask: { role: role.name, account }, asOf: now, now }),
    }))
    const decisions = judged.map(({ account, decision }) => ({ account, ...decision }))
    const mayAsk = decisions.some(({ checks }) => checks.some(({ check, ok }) => check === 'account' && ok))
    if (!mayAsk) return []
    const { breakGlass } = role
    const broken = breakGlass && judged.some(({ matter }) => isAmong(matter, caller, breakGlass.who))
    return {
      role,
      limits: role.limits[caller.kind],
      who: describe(role.who),
      approval: new Map(
        decisions.map(({ account, requirements }) => [account, requirements.map(({ rule }) => rule)]),
      ),
      ...(broken && { breakGlass }),
    }
  })
}
