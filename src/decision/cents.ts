import { boundOf } from '../cost/receipt.js'
import type { Cost } from './decision.js'

// By itself, for the threads of the store: what computes a cost knows all of IAM, and that takes time and memory.

/** What it counts for in what is added up: whole cents, of what has no bound the part that is priced. */
export const centsOf = ({ receipt, declared }: Pick<Cost, 'receipt' | 'declared'>): number =>
  Math.ceil((declared?.usd ?? receipt?.usd ?? 0) * 100)

/** What it could cost at most, in whole cents: endless where nothing bounds it, or it could not be computed. */
export const centsAtMost = ({ receipt, declared }: Pick<Cost, 'receipt' | 'declared'>): number =>
  Math.ceil(inCents(declared?.usd ?? (receipt ? boundOf(receipt) : Infinity)))

/** USD in cents, without the dust of binary fractions: 1.1 is 110, and not a little more. */
export const inCents = (usd: number): number => Number((usd * 100).toFixed(4))
