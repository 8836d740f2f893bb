import type { Hashes } from './files.js'
import type { Quotas, Sourced } from './receipt.js'

/** One kind of what a driver buys: `m5.large`, `db.r5.4xlarge`, or the only kind there is. */
export interface Offer {
  readonly type?: string
  readonly pool: string
  /** The kind has a pool of its own, of the size of `pool`. */
  readonly each?: true
  /** How much of its pool one of it takes at least: what is larger than the quota cannot be had. */
  readonly size: number
  /** How many of the units that are priced one unit of the pool is. */
  readonly times: number
  readonly unit: string
  /** USD for such a unit: for an hour of it, or, of a flow, for each that passes. */
  readonly usd: number
  readonly price: Sourced
}

/** A way to spend money, and the actions that open it. */
export interface Driver {
  readonly id: string
  /** `stock` stays until somebody removes it, so it is charged over the horizon too; `flow` ends with the session. */
  readonly bills: 'stock' | 'flow'
  /** In lower case. */
  readonly actions: ReadonlySet<string>
  /** The ARNs of what is bought: a statement that can reach none of them does not buy it. */
  readonly resource: string
  readonly offers: readonly Offer[]
  /** Whether the dearest kind there is stands among the offers. Else only a condition that names kinds bounds it. */
  readonly complete: boolean
  /** What tells the kinds apart: a condition key that these actions (in lower case) carry, or the resource's ARN. */
  readonly by?: { readonly key: string; readonly actions: ReadonlySet<string> } | 'resource'
  /** The service is global: its quota is one for the whole account. */
  readonly once?: true
  /** It adds to what else is bought out of its pool, as requests add to the time that they take. */
  readonly adds?: true
  /** What the figure leaves out or takes for granted. */
  readonly assumes?: string
}

/** What limits an account in each region. */
export interface Pool extends Sourced {
  readonly id: string
  readonly unit: string
  /** At most so many at a time. */
  readonly limit?: number
  /** At most so many in `every` seconds. */
  readonly rate?: number
  readonly every: 1 | 60
  /** AWS's default; a reviewed guess where AWS has no limit. */
  readonly basis: 'documented' | 'assumed'
  /** Its service and code with Service Quotas. */
  readonly quota?: { readonly service: string; readonly code: string }
}

/** An action that makes any figure meaningless; with `wide` only where a resource of the statement has a wildcard. */
export interface Escalator {
  readonly why: string
  readonly wide?: true
}

/** A purchase that cannot be taken back. Without a price nothing is known that limits it. */
export interface Commitment {
  readonly why: string
  readonly price?: Sourced & { readonly usd: number; readonly unit: string }
}

/** The data files, compiled. Maps go by action in lower case. */
export interface Prices {
  readonly hashes: Hashes
  readonly drivers: readonly Driver[]
  readonly driversOf: ReadonlyMap<string, readonly Driver[]>
  readonly escalators: ReadonlyMap<string, Escalator>
  readonly commitments: ReadonlyMap<string, Commitment>
  /** Why an action that only reads is charged all the same: it is unpriced where no driver has it. */
  readonly metered: ReadonlyMap<string, string>
  /** Every action that stands in one of these maps, as the data writes it. */
  readonly named: readonly string[]
  /** Why an action costs nothing, as reviewed; undefined where nobody has said so. */
  readonly freeOf: (action: string) => string | undefined
  readonly pools: ReadonlyMap<string, Pool>
  /** What a region's prices are of the book's own region's; `own`: it is that region, or has the very same prices. */
  readonly factorOf: (region: string) => { readonly factor: number; readonly own: boolean }
}

/** What is particular to an account. */
export interface Account {
  /** Those it has enabled, or what an ask leaves of them. */
  readonly regions: readonly string[]
  /** Milliseconds for which what a session leaves behind may go unnoticed. */
  readonly horizon: number
  /** They stand over the defaults. */
  readonly quotas: Quotas
}
