import type { Account, Driver, Pool } from './prices.js'

/** How much can be had of a pool in one region, and what keeps it from being more. */
export interface Amount {
  readonly quantity: number
  readonly limit: string
}

const figures = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

/**
 * The most that a session of `seconds` can have of a pool in a region: stock up to the quota and to what can be made
 * in that time; flow for all of it. Undefined when nothing is known that limits it.
 */
export function amountOf(
  pool: Pool,
  bills: Driver['bills'],
  region: string,
  { quotas }: Account,
  seconds: number,
): Amount | undefined {
  const own = quotaOf(quotas, pool.id, region)
  const limit = pool.limit === undefined ? undefined : (own ?? pool.limit)
  const rate = pool.limit === undefined ? (own ?? pool.rate) : pool.rate
  const basis = pool.basis === 'documented' ? 'AWS default' : 'assumed'
  const said = own === undefined ? basis : 'declared'
  const passes = rate === undefined ? Infinity : (rate * seconds) / pool.every
  if (limit !== undefined && (bills === 'flow' || limit <= passes)) {
    const quantity = bills === 'flow' ? limit * seconds : limit
    const code = pool.quota ? `${pool.quota.code} ` : ''
    return { quantity, limit: `quota ${code}of ${figures.format(limit)} ${pool.unit} (${said})` }
  }
  if (rate === undefined) return undefined
  const every = pool.every === 1 ? 'second' : 'minute'
  const from = pool.limit === undefined ? said : basis
  return { quantity: passes, limit: `rate of ${figures.format(rate)} ${pool.unit} a ${every} (${from})` }
}

/** Whether one of this size can be had at all. */
export function fits(pool: Pool, size: number, region: string, { quotas }: Account): boolean {
  const most = pool.limit === undefined ? undefined : (quotaOf(quotas, pool.id, region) ?? pool.limit)
  return most === undefined || size <= most
}

/** What the account's own quota is; one that is said for other regions only leaves the default. */
function quotaOf(quotas: Account['quotas'], id: string, region: string): number | undefined {
  const said = Object.hasOwn(quotas, id) ? quotas[id] : undefined
  if (typeof said !== 'object') return said
  return Object.hasOwn(said, region) ? said[region] : undefined
}
