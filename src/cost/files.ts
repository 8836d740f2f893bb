import type { Sourced } from './receipt.js'

/**
 * The data that costs are computed from: `cost/*.json`, each entry with its source and its day. Rooms read no
 * files, so their texts are handed in.
 */
export const fileNames = ['prices', 'ec2', 'drivers', 'free', 'quotas'] as const
export type FileName = (typeof fileNames)[number]
export type Files = Readonly<Record<FileName, string>>

/** SHA-256 of each file's bytes, hex. */
export type Hashes = Readonly<Record<FileName, string>>

type Named<T> = Readonly<Record<string, T>>
/** A name among the file's `sources`. */
interface From {
  readonly from: string
}
/** Who looked at it last, and when, is in the history; why it is so, here. */
interface Reviewed {
  readonly source: string
  readonly reviewed: string
}

export interface PricesFile {
  readonly region: string
  readonly monthHours: number
  /** What other regions cost, as a multiple of the book's region. */
  readonly regions: From & {
    readonly otherwise: number
    readonly same: readonly string[]
    readonly dearer: Named<number>
  }
  readonly sources: Named<Sourced>
  readonly prices: Named<PriceEntry>
  readonly tables: Named<TableEntry>
}

/** What the AWS Price List is asked, to refresh a price: a service code, and attributes of the product. */
export interface ListQuery {
  readonly service: string
  readonly where: Readonly<Record<string, string>>
}

export interface PriceEntry extends From {
  readonly list?: ListQuery
  readonly usd: number
  /** How many units that buys; one where it is left out. */
  readonly buys?: number
  readonly unit: string
  readonly every: 'hour' | 'month' | 'once'
}

/** Prices by kind. */
export interface TableEntry extends From {
  readonly list?: ListQuery
  /** Whether the dearest kind there is stands in it. */
  readonly complete: boolean
  readonly unit: string
  readonly buys?: number
  readonly every: 'hour' | 'month' | 'once'
  readonly types: Named<number>
}

export interface Ec2File {
  readonly source: string
  readonly retrieved: string
  /** What a vCPU of a burstable series (`t3`) costs on top while it bursts without limit, USD an hour. */
  readonly credits: Sourced & { readonly usdPerVcpuHour: Named<number> }
  readonly types: Named<{ readonly vcpu: number; readonly usdPerHour: number }>
}

export interface DriverEntry extends Reviewed {
  readonly id: string
  readonly bills: 'stock' | 'flow'
  readonly actions: readonly string[]
  readonly resource?: string
  /** One of `prices`, or one of `tables`; `ec2` is the table of its own file. */
  readonly price?: string
  readonly table?: string
  /** `ebs.*`: a pool for each kind, `ebs.gp3`; of EC2, for each family of quotas. */
  readonly pool: string
  /** Each kind has a pool of its own of that size. */
  readonly each?: true
  readonly times?: number
  readonly once?: true
  readonly adds?: true
  readonly by?: { readonly key: string; readonly actions: readonly string[] } | 'resource'
  readonly assumes?: string
}

export interface DriversFile {
  readonly drivers: readonly DriverEntry[]
  readonly escalators: readonly (Reviewed & {
    readonly actions: readonly string[]
    readonly why: string
    readonly wide?: true
  })[]
  readonly commitments: readonly (Reviewed & {
    readonly actions: readonly string[]
    readonly why: string
    readonly price?: string
  })[]
  /** What changes nothing, and is charged for each use. */
  readonly metered: readonly (Reviewed & { readonly actions: readonly string[]; readonly why: string })[]
}

export interface FreeFile {
  readonly free: readonly (Reviewed & {
    readonly actions: readonly string[]
    readonly except?: readonly string[]
    readonly why: string
  })[]
}

export interface QuotasFile {
  readonly sources: Named<Sourced>
  readonly pools: Named<
    From & {
      readonly unit: string
      readonly limit?: number
      readonly rate?: number
      readonly every?: 'second' | 'minute'
      readonly basis: 'documented' | 'assumed'
      readonly quota?: { readonly service: string; readonly code: string }
    }
  >
}
