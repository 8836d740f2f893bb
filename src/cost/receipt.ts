import type { Duration } from '../time.js'
import type { Hashes } from './files.js'

/** Where a fact comes from, and on which day it was true. */
export interface Sourced {
  readonly source: string
  /** `YYYY-MM-DD`. */
  readonly retrieved: string
  /** Stated by a third party or from memory; to be confirmed by a refresh. */
  readonly unverified?: true
}

/** One thing that the session could buy in some regions, at most. `usd` = quantity x regions x unitPrice [x hours]. */
export interface Line {
  readonly driver: string
  /** The actions asked for that can do it. */
  readonly actions: readonly string[]
  readonly regions: readonly string[]
  /** How much of `unit` in each region: at a time for what is rented by the hour, else over the whole window. */
  readonly quantity: number
  readonly unit: string
  /** What keeps it from being more, in words. */
  readonly limit: string
  /** USD for one unit, and an hour of it where `hours` is there. */
  readonly unitPrice: number
  readonly hours?: number
  readonly usd: number
  readonly price: Sourced & {
    /** The dearest kind that is still allowed, `p5.48xlarge`. */
    readonly type?: string
    /** The book has no price for this region: it is us-east-1's times this. */
    readonly factor?: number
  }
  /** What the figure leaves out or takes for granted. */
  readonly assumes?: string
}

/** An action, and why it counts as it does. */
export interface Note {
  readonly action: string
  readonly why: string
}

/** What an operator says that a role costs, whatever the receipt comes to. */
export interface Declared {
  readonly usd: number
  readonly because: string
  /** The last day on which it holds, in UTC, `YYYY-MM-DD`. */
  readonly until: string
}

/** Applied quotas by pool, the same in every region or by region. */
export type Quotas = Readonly<Record<string, number | Readonly<Record<string, number>>>>

/** What a session could cost at most, with the reasons. A value: the same question has the same receipt. */
export interface Receipt {
  /** The formula's version: how a later Stint knows whether it can recompute it. */
  readonly formula: 1
  /** The sum of all lines. Without meaning as a bound while anything is unbounded or unpriced. */
  readonly usd: number
  /** The dearest, dearest first. */
  readonly lines: readonly Line[]
  /** Those that are not among them. */
  readonly rest?: { readonly lines: number; readonly usd: number }
  /** Why there is no bound at all; empty when there is one. */
  readonly unbounded: readonly Note[]
  /** What binds the account for good and cannot be cancelled. */
  readonly commitments: readonly Note[]
  /** Actions that write and that nobody has priced; the first of `unpricedCount`, by name. */
  readonly unpriced: readonly Note[]
  readonly unpricedCount: number
  /** The day of the oldest price on it; absent when it has none. */
  readonly oldest?: string
  readonly window: Duration
  /** How long what outlives the session is charged for beyond it. */
  readonly horizon: Duration
  readonly regions: readonly string[]
  /** The account's own quotas. */
  readonly quotas: Quotas
  /** The version of the list of AWS's actions (`src/iam/service-data.ts`). */
  readonly actions: string
  /** The data that the figures rest on. */
  readonly data: Hashes
}

/** The bound itself, in USD: Infinity where there is none. */
export const boundOf = ({ usd, unbounded }: Pick<Receipt, 'usd' | 'unbounded'>): number =>
  unbounded.length > 0 ? Infinity : usd
