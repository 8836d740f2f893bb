import type { Duration } from '../time.js'
import type { Charge } from './charges.js'
import { dearestOf } from './dearest.js'
import { amountOf, fits, type Amount } from './pools.js'
import type { Account, Driver, Offer, Prices } from './prices.js'
import type { Line, Note } from './receipt.js'

/** The dearest that one action could fill a pool with, in one region. */
interface Candidate {
  readonly driver: Driver
  readonly offer: Offer
  readonly amount: Amount
  readonly region: string
  readonly factor: number
  readonly own: boolean
  readonly usd: number
}

/** What a pool could be filled with in a region. */
interface Filling {
  readonly best: Candidate
  /** Some kind is small enough for the quota. */
  readonly fits: boolean
  /** All actions that fill it by the drivers there are, by driver. */
  readonly actions: ReadonlyMap<string, ReadonlySet<string>>
}

const hour = 3_600_000

/** Rented by the hour, an hour at least; what is left behind runs on until somebody notices. */
const hoursOf = ({ bills }: Driver, window: Duration, { horizon }: Account): number | undefined =>
  bills === 'stock' ? Math.max(1, (window + horizon) / hour) : undefined

/**
 * The dearest use of each pool in each region, since one vCPU can be had once, whoever starts it. What is the same
 * in several regions is one line. `unlimited` names the actions that nothing known limits.
 */
export function linesOf(
  charges: readonly Charge[],
  window: Duration,
  account: Account,
  prices: Prices,
): { readonly lines: readonly Line[]; readonly unlimited: readonly Note[] } {
  const fillings = new Map<string, Filling>()
  const unlimited: Note[] = []
  for (const charge of charges)
    for (const { key, offer, smallest } of dearestOf(charge))
      for (const region of charge.regions) {
        const { driver, action } = charge
        const pool = prices.pools.get(offer.pool)
        const amount = pool && amountOf(pool, driver.bills, region, account, window / 1_000)
        if (!pool || !amount) {
          unlimited.push({ action, why: `No quota or rate is known that limits ${driver.id}.` })
          continue
        }
        const { factor, own } = driver.once ? { factor: 1, own: true } : prices.factorOf(region)
        const hours = hoursOf(driver, window, account) ?? 1
        const usd = amount.quantity * offer.times * (offer.usd * factor) * hours
        const candidate = { driver, offer, amount, region, factor, own, usd }
        const place = `${key} ${region}`
        fillings.set(
          place,
          filled(fillings.get(place), candidate, action, fits(pool, smallest, region, account)),
        )
      }
  const lines = [...fillings.values()].flatMap((filling) =>
    filling.fits && filling.best.usd > 0
      ? [lineOf(filling, hoursOf(filling.best.driver, window, account))]
      : [],
  )
  return { lines: joined(lines), unlimited }
}

function filled(
  before: Filling | undefined,
  candidate: Candidate,
  action: string,
  fitting: boolean,
): Filling {
  const actions = new Map(before?.actions)
  actions.set(candidate.driver.id, new Set([...(actions.get(candidate.driver.id) ?? []), action]))
  return {
    best: before && before.best.usd >= candidate.usd ? before.best : candidate,
    fits: fitting || (before?.fits ?? false),
    actions,
  }
}

function lineOf({ best, actions }: Filling, hours: number | undefined): Line {
  const { driver, offer, amount, region, factor, own, usd } = best
  return {
    driver: driver.id,
    actions: [...(actions.get(driver.id) ?? [])].sort(),
    regions: [region],
    quantity: amount.quantity * offer.times,
    unit: offer.unit,
    limit: amount.limit,
    unitPrice: offer.usd * factor,
    ...(hours !== undefined && { hours }),
    usd,
    price: {
      ...offer.price,
      ...(offer.type !== undefined && { type: offer.type }),
      ...(!own && { factor }),
    },
    ...(driver.assumes !== undefined && { assumes: driver.assumes }),
  }
}

/** Lines that differ only in their region become one. */
function joined(lines: readonly Line[]): readonly Line[] {
  const groups = new Map<string, Line>()
  for (const line of lines) {
    const { regions, usd, ...rest } = line
    const key = JSON.stringify(rest)
    const before = groups.get(key)
    groups.set(
      key,
      before ? { ...before, regions: [...before.regions, ...regions], usd: before.usd + usd } : line,
    )
  }
  return [...groups.values()]
}
