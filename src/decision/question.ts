import { unknownCost, type CostView, type View } from '../approval/expression.js'
import type { Catalog, Role, Target } from '../catalog/catalog.js'
import { namesOf } from '../identity/network.js'
import type { Identity, Located } from '../identity/caller.js'
import type { Duration, Instant } from '../time.js'
import type { Blocks } from './block.js'
import type { Ask, Scope } from './decision.js'
import type { Total } from './spending.js'
import { termsOf } from './terms.js'

/** All that a decision is made of: values in, so that it can be made again at any later step. */
export interface Question {
  readonly catalog: Catalog
  readonly asker: Located
  readonly ask: Ask
  /** What was agreed before. A later decision judges this, and so can only stop it, never retarget it. */
  readonly agreed?: Scope
  /** What was granted before; absent where nothing is decided by it. */
  readonly totals?: readonly Total[]
  /** What nothing is granted to; absent where nothing is decided by it. */
  readonly blocks?: Blocks
  /** How many uses of broken glass of the asker wait for their review; absent where nothing is decided by it. */
  readonly unreviewed?: number
  /** When it became active: what was granted since does not count. */
  readonly activeAt?: Instant
  /** When the asker's facts were true: now, for a live token. */
  readonly asOf: Instant
  readonly now: Instant
}

/** A question with the catalogue's answers to it looked up. */
export interface Matter extends Question {
  readonly role: Role | undefined
  readonly target: Target | undefined
  readonly window: Duration
  /** Known once the scope is. */
  readonly cost?: CostView
}

/** Looks up what the ask is about. What is not found stays undefined, for the checks to say so. */
export function matterOf(question: Question): Matter {
  const { catalog, ask, agreed, asker } = question
  const role = catalog.roles.get(ask.role)
  const account = agreed?.account ?? ask.account ?? onlyAccount(role)
  return {
    ...question,
    role,
    target: account === undefined ? undefined : role?.targets.get(account),
    window: agreed?.window ?? ask.window ?? (role ? termsOf(role, asker.kind, ask).window.default : 0),
  }
}

function onlyAccount(role: Role | undefined): string | undefined {
  return role?.targets.size === 1 ? [...role.targets.keys()][0] : undefined
}

/**
 * What expressions see of this matter, with `who` as its `caller` (the asker, or a voter). What was not
 * narrowed is filled in from what was agreed, else from the ceiling.
 */
export function viewOf(matter: Matter, who: Identity & { readonly address: string }): View {
  const { ask, agreed, target, catalog } = matter
  const statements = agreed?.statements ?? target?.ceiling ?? []
  return {
    caller: {
      subject: who.subject,
      issuer: who.issuer,
      kind: who.kind,
      groups: who.groups,
      actor: who.actor ?? '',
      claims: who.claims,
      address: who.address,
      networks: namesOf(catalog.networks, who.address),
    },
    role: {
      name: ask.role,
      account: agreed?.account ?? target?.account ?? ask.account ?? '',
      accountName: agreed?.accountName ?? target?.accountName ?? '',
    },
    ask: {
      reason: ask.reason ?? '',
      ticket: ask.ticket ?? '',
      window: matter.window,
      actions: ask.actions ?? [...new Set(statements.flatMap((statement) => statement.actions))],
      resources: ask.resources ?? [...new Set(statements.flatMap((statement) => statement.resources))],
      regions: agreed?.regions ?? ask.regions ?? target?.regions ?? [],
    },
    cost: matter.cost ?? unknownCost,
    time: matter.now,
  }
}
