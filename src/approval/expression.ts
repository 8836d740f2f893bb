import type { CallerKind, ClaimValue } from '../identity/caller.js'
import type { Duration, Instant } from '../time.js'

/** Everything that an expression can see. Faces and configuration name these fields and no others. */
export interface View {
  readonly caller: {
    readonly subject: string
    readonly issuer: string
    readonly kind: CallerKind
    readonly groups: readonly string[]
    /** Empty when there is none. */
    readonly actor: string
    readonly claims: Readonly<Record<string, ClaimValue>>
    readonly address: string
    readonly networks: readonly string[]
  }
  readonly role: { readonly name: string; readonly account: string; readonly accountName: string }
  readonly ask: {
    readonly reason: string
    /** Empty when there is none. */
    readonly ticket: string
    /** A CEL duration: `ask.window > duration("1h")`. */
    readonly window: Duration
    /**
     * Effective: what was not narrowed is filled in from the ceiling. Of actions and resources an expression
     * sees only `touch(pattern)`, whatever their spelling: `ask.actions.touch("dynamodb:Delete*")`.
     */
    readonly actions: readonly string[]
    readonly resources: readonly string[]
    readonly regions: readonly string[]
  }
  /** Known to approval rules alone: who may ask, and whom a deny entry names, is judged before it. */
  readonly cost: CostView
  /** A CEL timestamp: `time.getHours("Europe/Berlin") >= 18`. */
  readonly time: Instant
}

/** What expressions see of what an ask could cost. */
export interface CostView {
  /** Infinity when nothing bounds it, or when it could not be computed. What an operator declares stands over it. */
  readonly usd: number
  readonly unbounded: boolean
  /** The actions that nobody has priced, those of them that the receipt names. */
  readonly unpriced: readonly string[]
  /** What was granted over the account's horizon, this ask included: `cost.recent.person.usd`. */
  readonly recent: Readonly<Record<'person' | 'role' | 'account' | 'all', { readonly usd: number }>>
  /** Why somebody must agree to it, whatever expressions say; empty when nobody needs to. */
  readonly concerns: readonly string[]
}

/** Before it is known, and where it cannot be. */
const unknown = { usd: Infinity }
export const unknownCost: CostView = {
  usd: Infinity,
  unbounded: true,
  unpriced: [],
  recent: { person: unknown, role: unknown, account: unknown, all: unknown },
  concerns: [],
}

/** A CEL expression, type-checked when the configuration was loaded. */
export interface Expression {
  readonly source: string
  /** The variables that it looks at: `caller`, `role`, `ask`, `cost`, `time`. */
  readonly reads: readonly string[]
  /**
   * Evaluates to true or false. Throws when the expression throws or yields anything but a boolean;
   * whoever calls it treats that as a failed check, never as an answer.
   */
  test(scope: View): boolean
}
