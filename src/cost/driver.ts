import { burstOf, familyOf } from './ec2.js'
import type { DriverEntry, Ec2File, PriceEntry } from './files.js'
import type { Driver, Offer } from './prices.js'
import { namesOf, type Data } from './read.js'
import type { Sourced } from './receipt.js'

/** Compiles one driver: its actions by name, and what it can buy, each kind with its pool. Of sound data. */
export function driverOf(entry: DriverEntry, data: Data): Driver {
  const { id, bills, resource = '*', by, once, adds, assumes } = entry
  const table = entry.table === undefined ? undefined : data.prices.tables[entry.table]
  const actions = lower(entry.actions)
  return {
    id,
    bills,
    actions,
    resource,
    offers: offersOf(entry, data),
    complete: entry.table === 'ec2' || (table?.complete ?? true),
    ...(by && { by: by === 'resource' ? by : { key: by.key, actions: lower(by.actions) } }),
    ...(once && { once }),
    ...(adds && { adds }),
    ...(assumes !== undefined && { assumes }),
  }
}

const lower = (actions: readonly string[]): ReadonlySet<string> =>
  new Set(actions.flatMap(namesOf).map((name) => name.toLowerCase()))

function offersOf(entry: DriverEntry, { prices, ec2 }: Data): readonly Offer[] {
  const { times = 1, each } = entry
  const offer = (
    pool: string,
    price: Omit<PriceEntry, 'from'>,
    from: Sourced | undefined,
    type?: string,
    size = 1,
  ) => ({
    ...(type !== undefined && { type }),
    pool: entry.pool.replace('*', pool),
    ...(each && { each }),
    size,
    times,
    unit: price.unit,
    usd: hourly(price, prices.monthHours),
    price: from as Sourced,
  })
  if (entry.table === 'ec2') {
    return Object.entries(ec2.types).map(([type, { vcpu, usdPerHour }]) => {
      const burst = burstOf(type, ec2.credits.usdPerVcpuHour)
      const price = { usd: usdPerHour + burst * vcpu, buys: vcpu, unit: 'vCPU', every: 'hour' } as const
      return offer(familyOf(type), price, machineSource(ec2, burst > 0), type, vcpu)
    })
  }
  const table = entry.table === undefined ? undefined : prices.tables[entry.table]
  if (table)
    return Object.entries(table.types).map(([type, usd]) =>
      offer(type, { ...table, usd }, prices.sources[table.from], type),
    )
  const price = prices.prices[entry.price ?? '']
  return price ? [offer('', price, prices.sources[price.from])] : []
}

/** A figure with credits in it is as old as the older of its parts. */
function machineSource({ source, retrieved, credits }: Ec2File, bursts: boolean): Sourced {
  if (!bursts) return { source, retrieved }
  const oldest = retrieved < credits.retrieved ? retrieved : credits.retrieved
  const { unverified } = credits
  return { source: `${source}; ${credits.source}`, retrieved: oldest, ...(unverified && { unverified }) }
}

/** For a unit: an hour of it where it is rented by the hour or month. */
const hourly = ({ usd, buys = 1, every }: Omit<PriceEntry, 'from'>, monthHours: number): number =>
  usd / buys / (every === 'month' ? monthHours : 1)
