import { estimate } from './estimate.js'
import type { Priced } from './narrower.js'
import type { Prices } from './prices.js'
import type { Receipt } from './receipt.js'

/** Receipts kept for each price book; the same grants are looked at again and again. */
const most = 200

const kept = new WeakMap<Prices, Map<string, Receipt>>()

/** The same as `estimate`, which is pure, without computing again what was asked for lately. */
export function remembered(...[policy, window, account, prices]: Priced): Receipt {
  const receipts = kept.get(prices) ?? new Map<string, Receipt>()
  kept.set(prices, receipts)
  const { regions, horizon, quotas } = account
  const key = JSON.stringify([policy, window, regions, horizon, quotas])
  const receipt = receipts.get(key) ?? estimate(policy, window, account, prices)
  // Moved to the end: the first of the map is the one that was not asked for the longest.
  receipts.delete(key)
  receipts.set(key, receipt)
  const [oldest] = receipts.keys()
  if (receipts.size > most && oldest !== undefined) receipts.delete(oldest)
  return receipt
}
