import { dataVersion } from '../iam/service-data.js'
import type { Duration } from '../time.js'
import { chargesOf, type Charge } from './charges.js'
import { linesOf } from './lines.js'
import type { Policy } from './policy.js'
import type { Account, Prices } from './prices.js'
import { reach, type Reached } from './reach.js'
import type { Line, Note, Receipt } from './receipt.js'

/** So many lines and names are kept, since the receipt is on the record; who needs more has asked for everything. */
const mostLines = 20
const mostNamed = 40

/**
 * An upper bound on what a session could cost: for each quota pool in each region the dearest that the policy still
 * allows, over the window and, where it outlives the session, the account's horizon; what flows, for the window;
 * commitments in full. Pure, and never an answer of nothing for what is not known: that is unpriced.
 *
 * Adding a statement, an action, a region or time never lowers it; adding a condition, a Deny or a limit never
 * raises it.
 */
export function estimate(policy: Policy, window: Duration, account: Account, prices: Prices): Receipt {
  const reached = reach(policy, account.regions, prices)
  const charges = chargesOf(reached, account, prices)
  const { lines, unlimited } = linesOf(charges, window, account, prices)
  const commitments = committed(reached, prices)
  const total = [...lines, ...commitments.lines].toSorted((a, b) => b.usd - a.usd)
  const unpriced = notes([
    ...reached
      .filter((one) => !isKnown(one, prices))
      .map(({ action }) => ({ action, why: prices.metered.get(action.toLowerCase()) ?? nobody })),
    ...charges.flatMap(unknownKinds),
    ...unlimited,
  ])
  const rest = total.slice(mostLines)
  const days = total.map(({ price }) => price.retrieved).sort()
  return {
    formula: 1,
    usd: sum(total),
    lines: total.slice(0, mostLines),
    ...(rest.length > 0 && { rest: { lines: rest.length, usd: sum(rest) } }),
    unbounded: notes([...escalated(reached, prices), ...commitments.unbounded]),
    commitments: commitments.notes,
    unpriced: unpriced.slice(0, mostNamed),
    unpricedCount: unpriced.length,
    ...(days[0] !== undefined && { oldest: days[0] }),
    window,
    horizon: account.horizon,
    regions: account.regions,
    quotas: account.quotas,
    actions: dataVersion.version,
    data: prices.hashes,
  }
}

const sum = (lines: readonly Line[]): number => lines.reduce((all, { usd }) => all + usd, 0)

const nobody = 'Nobody has priced it or found it to be free.'

/** An escalator that counts only with a wildcard leaves open what the action comes to on a single resource. */
function isKnown(
  { action }: Reached,
  { driversOf, commitments, escalators, metered, freeOf }: Prices,
): boolean {
  const name = action.toLowerCase()
  const escalator = escalators.get(name)
  if (escalator) return escalator.wide === undefined
  return driversOf.has(name) || commitments.has(name) || (!metered.has(name) && freeOf(action) !== undefined)
}

function escalated(reached: readonly Reached[], prices: Prices): readonly Note[] {
  return reached.flatMap(({ action, resources }) => {
    const escalator = prices.escalators.get(action.toLowerCase())
    const wide = resources.some((resource) => /[*?]/.test(resource))
    return escalator && (wide || !escalator.wide) ? [{ action, why: escalator.why }] : []
  })
}

function committed(reached: readonly Reached[], prices: Prices) {
  const found = notes(
    reached.flatMap(({ action }) => {
      const commitment = prices.commitments.get(action.toLowerCase())
      return commitment ? [{ action, why: commitment.why }] : []
    }),
  )
  const priceOf = ({ action }: Note) => prices.commitments.get(action.toLowerCase())?.price
  return {
    notes: found,
    unbounded: found
      .filter((note) => !priceOf(note))
      .map(({ action }) => ({ action, why: 'It commits to an amount that nothing known limits.' })),
    lines: found.flatMap((note) => {
      const price = priceOf(note)
      if (!price) return []
      const { usd, unit, ...sourced } = price
      return {
        driver: note.action,
        actions: [note.action],
        regions: [],
        quantity: 1,
        unit,
        limit: 'in full, whenever it ends',
        unitPrice: usd,
        usd,
        price: sourced,
      }
    }),
  }
}

const unknownKinds = ({ driver, unknown, action }: Charge): readonly Note[] =>
  unknown
    ? [{ action, why: `The price book does not have every kind of ${driver.id} that it can reach.` }]
    : []

/** Each action once, by name. */
function notes(all: readonly Note[]): readonly Note[] {
  const first = new Map(all.toReversed().map((note) => [note.action.toLowerCase(), note]))
  return [...first.values()].toSorted((a, b) => (a.action < b.action ? -1 : a.action > b.action ? 1 : 0))
}
