import type { Charge } from './charges.js'
import type { Driver, Offer } from './prices.js'

/** The dearest kind of a pool among some offers, and the least that any of them takes of it. */
interface Dearest {
  /** The pool that it fills: kinds, and drivers, that add to each other have one each. */
  readonly key: string
  readonly offer: Offer
  readonly smallest: number
}

/** What a driver buys when nothing narrows it is asked for again and again. */
const whole = new WeakMap<Driver, readonly Dearest[]>()

/** Of each pool that a charge can fill, the dearest kind. */
export function dearestOf({ driver, offers }: Charge): readonly Dearest[] {
  if (offers !== driver.offers) return find(driver, offers)
  const known = whole.get(driver) ?? find(driver, offers)
  whole.set(driver, known)
  return known
}

function find(driver: Driver, offers: readonly Offer[]): readonly Dearest[] {
  const best = new Map<string, Dearest>()
  for (const offer of offers) {
    const key = [offer.pool, driver.adds ? driver.id : '', offer.each ? (offer.type ?? '') : ''].join(' ')
    const before = best.get(key)
    const dearer = before && before.offer.usd * before.offer.times >= offer.usd * offer.times
    best.set(key, {
      key,
      offer: dearer ? before.offer : offer,
      smallest: Math.min(before?.smallest ?? Infinity, offer.size),
    })
  }
  return [...best.values()]
}
