import { familyNames } from './ec2.js'
import type { DriverEntry } from './files.js'
import type { Data } from './read.js'

const isDay = (text: unknown): boolean => typeof text === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(text)
const isText = (text: unknown): boolean => typeof text === 'string' && text !== ''
const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0

/** What is wrong with the data, a sentence each: what is not there must never count as nothing. */
export function dataFaults(data: Data): readonly string[] {
  try {
    return [
      ...priceFaults(data),
      ...ec2Faults(data),
      ...driverFaults(data),
      ...freeFaults(data),
      ...poolFaults(data),
    ]
  } catch {
    return ['A part of it is missing or has another form.']
  }
}

function* priceFaults({ prices }: Data): Generator<string> {
  const { sources, regions } = prices
  const sourced = (what: string, from: string) =>
    Object.hasOwn(sources, from) ? [] : [`${what} has no source ${from}.`]
  for (const [id, { source, retrieved }] of Object.entries(sources))
    if (!isText(source) || !isDay(retrieved)) yield `The source ${id} lacks its name or its day.`
  if (!isAmount(prices.monthHours)) yield 'monthHours is no number of hours.'
  yield* sourced('regions', regions.from)
  for (const factor of [regions.otherwise, ...Object.values(regions.dearer)])
    if (!(factor >= 1)) yield `The factor ${factor} would make a region cheaper.`
  for (const [id, { usd, buys = 1, from }] of Object.entries(prices.prices)) {
    if (!isAmount(usd) || !isAmount(buys)) yield `The price ${id} is no price.`
    yield* sourced(`The price ${id}`, from)
  }
  for (const [id, { types, from }] of Object.entries(prices.tables)) {
    yield* sourced(`The table ${id}`, from)
    for (const [type, usd] of Object.entries(types))
      if (!isAmount(usd)) yield `The price of ${type} is no price.`
  }
}

function* ec2Faults({ ec2 }: Data): Generator<string> {
  if (!isText(ec2.source) || !isDay(ec2.retrieved)) yield 'ec2.json lacks its source or its day.'
  if (Object.keys(ec2.types).length === 0) yield 'ec2.json has no types.'
  const { usdPerVcpuHour, source, retrieved } = ec2.credits
  if (!isText(source) || !isDay(retrieved)) yield 'The credits of ec2.json lack their source or day.'
  for (const [series, usd] of Object.entries(usdPerVcpuHour))
    if (!isAmount(usd)) yield `The credits of ${series} have no price.`
  for (const [type, { vcpu, usdPerHour }] of Object.entries(ec2.types))
    if (!isAmount(vcpu) || !isAmount(usdPerHour)) yield `The price of ${type} is no price.`
}

function* driverFaults({ drivers, prices, quotas }: Data): Generator<string> {
  const ids = new Set<string>()
  for (const entry of drivers.drivers) {
    if (ids.has(entry.id)) yield `There are two drivers ${entry.id}.`
    ids.add(entry.id)
    const known =
      entry.table === undefined
        ? entry.price !== undefined && Object.hasOwn(prices.prices, entry.price)
        : entry.table === 'ec2' || Object.hasOwn(prices.tables, entry.table)
    if (!known) yield `The driver ${entry.id} has no price.`
    for (const pool of poolsOf(entry, prices))
      if (!Object.hasOwn(quotas.pools, pool)) yield `The driver ${entry.id} has no pool ${pool}.`
  }
  for (const { price } of drivers.commitments)
    if (price !== undefined && !Object.hasOwn(prices.prices, price))
      yield `A commitment has no price ${price}.`
  for (const entry of [...drivers.drivers, ...drivers.escalators, ...drivers.commitments, ...drivers.metered])
    if (entry.actions.length === 0 || !isText(entry.source) || !isDay(entry.reviewed))
      yield `The entry of ${entry.actions[0] ?? 'no action'} lacks its actions, source or day.`
}

function poolsOf({ pool, table }: DriverEntry, prices: Data['prices']): readonly string[] {
  if (!pool.includes('*')) return [pool]
  const kinds = table === 'ec2' ? familyNames : Object.keys(prices.tables[table ?? '']?.types ?? {})
  return kinds.map((kind) => pool.replace('*', kind))
}

function* freeFaults({ free }: Data): Generator<string> {
  for (const { actions, why, source, reviewed } of free.free)
    if (actions.length === 0 || !isText(why) || !isText(source) || !isDay(reviewed))
      yield `The free entry of ${actions[0] ?? 'no action'} lacks its actions, reason, source or day.`
}

function* poolFaults({ quotas }: Data): Generator<string> {
  for (const [id, { source, retrieved }] of Object.entries(quotas.sources))
    if (!isText(source) || !isDay(retrieved)) yield `The source ${id} of a quota lacks its name or its day.`
  for (const [id, { limit, rate, from, unit }] of Object.entries(quotas.pools)) {
    const limits = [limit, rate].filter((value) => value !== undefined)
    if (limits.length === 0 || !limits.every(isAmount)) yield `The pool ${id} has no limit.`
    if (!Object.hasOwn(quotas.sources, from) || !isText(unit))
      yield `The pool ${id} lacks its source or unit.`
  }
}
