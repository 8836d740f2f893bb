import { lately } from '../lately.js'
import { estimate } from './estimate.js'
import type { Priced } from './narrower.js'
import type { Prices } from './prices.js'
import type { Receipt } from './receipt.js'

/** Receipts kept for each price book; the same grants are looked at again and again. */
const most = 200

const kept = new WeakMap<Prices, ReturnType<typeof lately<Receipt>>>()

/** The same as `estimate`, which is pure, without computing again what was asked for lately. */
export function remembered(...[policy, window, account, prices]: Priced): Receipt {
  const receipts = kept.get(prices) ?? lately<Receipt>(most)
  kept.set(prices, receipts)
  const { regions, horizon, quotas } = account
  const key = JSON.stringify([policy, window, regions, horizon, quotas])
  return receipts(key, () => estimate(policy, window, account, prices))
}
