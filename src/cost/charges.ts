import { arnOverlaps, arnWithin } from '../iam/arn.js'
import { overlaps } from '../iam/pattern.js'
import type { Account, Driver, Offer, Prices } from './prices.js'
import { acceptsFor, regionsFor, resourcesFor, type Reached } from './reach.js'

/** What one action of one statement lets a driver buy. */
export interface Charge {
  readonly driver: Driver
  readonly action: string
  readonly regions: readonly string[]
  readonly offers: readonly Offer[]
  /** It can buy kinds as well that the book does not have. */
  readonly unknown: boolean
}

/** A global service is used in one place, whatever region the work is in. */
const everywhere = (resources: readonly string[]): readonly string[] =>
  resources.length > 0 ? ['global'] : []

/** Everything that can be bought, action by action. */
export function chargesOf(
  reached: readonly Reached[],
  { regions }: Account,
  prices: Prices,
): readonly Charge[] {
  return reached.flatMap((one) =>
    (prices.driversOf.get(one.action.toLowerCase()) ?? []).flatMap((driver) => {
      const resources = resourcesFor(one, driver.resource)
      const where = driver.once ? everywhere(resources) : regionsFor(one, driver.resource, resources, regions)
      if (where.length === 0) return []
      const { offers, unknown } = kindsFor(driver, one, resources)
      return [{ driver, action: one.action, regions: where, offers, unknown }]
    }),
  )
}

/** The kinds that the statement's conditions, or its resources, leave. */
function kindsFor(
  { by, offers, complete, resource }: Driver,
  reached: Reached,
  resources: readonly string[],
): Pick<Charge, 'offers' | 'unknown'> {
  if (by === 'resource')
    return {
      offers: offers.filter(({ type = '' }) => resources.some((one) => arnOverlaps(one, type))),
      unknown: !resources.every((one) => offers.some(({ type = '' }) => arnWithin(one, type))),
    }
  const accepts = by?.actions.has(reached.action.toLowerCase()) ? acceptsFor(reached, resource, by.key) : []
  // What the book lacks gets in where each condition has a value that may be such a kind.
  const unknown = accepts.every(({ values }) =>
    values.some((value) => !(complete ? isMet(value, offers) : isOffered(value, offers))),
  )
  // Where the dearest kind there is stands in the book, it stands for those that the book lacks.
  if (complete && unknown) return { offers, unknown: false }
  return { offers: offers.filter(({ type = '' }) => accepts.every(({ holds }) => holds(type))), unknown }
}

const isMet = (value: string, offers: readonly Offer[]): boolean =>
  offers.some(({ type = '' }) => overlaps(value, type, { fold: true }))

const isOffered = (value: string, offers: readonly Offer[]): boolean =>
  offers.some(({ type = '' }) => type.toLowerCase() === value.toLowerCase())
