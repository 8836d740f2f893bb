import type { Line, Receipt } from '../cost/receipt.js'
import { sentenceOfCost, viewOfCost } from '../decision/cost.js'
import type { Cost } from '../decision/decision.js'
import { formatDuration } from '../time.js'
import type * as Contract from './contract.js'
import type { Wire } from './wire.js'

/** What it could cost, as everybody sees it who sees the decision. JSON has no Infinity: no bound is no figure. */
export function renderCost(cost: Cost): Wire<Contract.Cost> {
  const { usd, unbounded } = viewOfCost(cost)
  const { receipt, declared, concerns, under } = cost
  return {
    detail: sentenceOfCost(cost),
    usd: unbounded ? undefined : usd,
    unbounded,
    agree: concerns,
    under,
    recent: cost.recent,
    refusals: cost.refusals,
    declared: declared && { usd: declared.usd, because: declared.because, until: declared.until },
    receipt: receipt && renderReceipt(receipt),
  }
}

const renderReceipt = (receipt: Receipt): Wire<Contract.Receipt> => ({
  formula: receipt.formula,
  usd: receipt.usd,
  lines: receipt.lines.map(renderLine),
  rest: receipt.rest,
  unbounded: receipt.unbounded,
  commitments: receipt.commitments,
  unpriced: receipt.unpriced,
  unpricedCount: receipt.unpricedCount,
  oldest: receipt.oldest,
  window: formatDuration(receipt.window),
  horizon: formatDuration(receipt.horizon),
  regions: receipt.regions,
  quotas: receipt.quotas,
  actions: receipt.actions,
  data: receipt.data,
})

const renderLine = ({ price, ...line }: Line): Wire<Contract.CostLine> => ({
  driver: line.driver,
  actions: line.actions,
  regions: line.regions,
  quantity: line.quantity,
  unit: line.unit,
  limit: line.limit,
  unitPrice: line.unitPrice,
  hours: line.hours,
  usd: line.usd,
  price: {
    source: price.source,
    retrieved: price.retrieved,
    unverified: price.unverified,
    type: price.type,
    factor: price.factor,
  },
  assumes: line.assumes,
})
