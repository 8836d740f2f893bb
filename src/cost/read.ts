import { createHash } from 'node:crypto'
import { actionOf, expand } from '../iam/actions.js'
import { Fault } from '../fault.js'
import { matches } from '../iam/pattern.js'
import { driverOf } from './driver.js'
import {
  fileNames,
  type DriversFile,
  type Ec2File,
  type Files,
  type FreeFile,
  type Hashes,
  type PricesFile,
  type QuotasFile,
} from './files.js'
import { dataFaults } from './sound.js'
import type { Commitment, Driver, Escalator, Pool, Prices } from './prices.js'
import type { Sourced } from './receipt.js'

/** The five files as JSON, unchecked but for being JSON. */
export interface Data {
  readonly prices: PricesFile
  readonly ec2: Ec2File
  readonly drivers: DriversFile
  readonly free: FreeFile
  readonly quotas: QuotasFile
}

/**
 * Reads and compiles the data files. Throws the fault `invalid_config` with what is wrong with them: a price that is
 * no number, an entry without its source and day, a driver whose price or pool is not there.
 */
export function readPrices(files: Files): Prices {
  const data = Object.fromEntries(
    fileNames.map((name) => [name, parse(name, files[name])]),
  ) as unknown as Data
  const faults = dataFaults(data)
  if (faults.length > 0) throw broken(faults.slice(0, 5).join(' '))
  const drivers = data.drivers.drivers.map((entry) => driverOf(entry, data))
  const escalators = byAction(data.drivers.escalators, ({ why, wide }): Escalator => ({
    why,
    ...(wide && { wide }),
  }))
  const commitments = byAction(data.drivers.commitments, (entry) => commitmentOf(entry, data))
  const metered = byAction(data.drivers.metered, ({ why }) => why)
  const entries = data.drivers
  const named = new Map(
    [...entries.drivers, ...entries.escalators, ...entries.commitments, ...entries.metered]
      .flatMap(({ actions }) => actions.flatMap(namesOf))
      .map((name) => [name.toLowerCase(), name]),
  )
  return {
    hashes: Object.fromEntries(fileNames.map((name) => [name, sha256(files[name])])) as Hashes,
    drivers,
    driversOf: groupByAction(drivers),
    escalators,
    commitments,
    metered,
    named: [...named.values()],
    freeOf: freeOf(data.free),
    pools: new Map(Object.entries(data.quotas.pools).map(([id, entry]) => [id, poolOf(id, entry, data)])),
    factorOf: factorOf(data.prices),
  }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw broken(`${name}.json is not JSON.`)
  }
}

const broken = (detail: string) => new Fault('invalid_config', `The price data cannot be used. ${detail}`)

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** The actions that a pattern of the data stands for; itself where AWS documents none. */
export function namesOf(pattern: string): readonly string[] {
  const known = expand(pattern)
  return known.length > 0 ? known.map(({ name }) => name) : [pattern]
}

function byAction<Entry extends { readonly actions: readonly string[] }, T>(
  entries: readonly Entry[],
  valueOf: (entry: Entry) => T,
): ReadonlyMap<string, T> {
  return new Map(
    entries.flatMap((entry) =>
      entry.actions.flatMap(namesOf).map((name) => [name.toLowerCase(), valueOf(entry)] as const),
    ),
  )
}

function groupByAction(drivers: readonly Driver[]): ReadonlyMap<string, readonly Driver[]> {
  const map = new Map<string, Driver[]>()
  for (const driver of drivers)
    for (const action of driver.actions) map.set(action, [...(map.get(action) ?? []), driver])
  return map
}

function commitmentOf({ why, price }: DriversFile['commitments'][number], { prices }: Data): Commitment {
  const entry = price === undefined ? undefined : prices.prices[price]
  const from = entry && prices.sources[entry.from]
  return { why, ...(entry && from && { price: { ...from, usd: entry.usd, unit: entry.unit } }) }
}

function poolOf(id: string, entry: QuotasFile['pools'][string], { quotas }: Data): Pool {
  const { from, every, ...rest } = entry
  return { id, ...rest, every: every === 'minute' ? 60 : 1, ...(quotas.sources[from] as Sourced) }
}

/** More than AWS has of either: names are the asker's to choose, and must not fill the memory. */
const mostKept = 20_000

function remember<T>(kept: Map<string, T>, key: string, value: T): void {
  if (kept.size >= mostKept) kept.clear()
  kept.set(key, value)
}

/**
 * Each action is looked up once, among the patterns of its own service and those of all; most are never asked for.
 * A verb alone (`*:Stop*`) tells nothing of an action that AWS does not document.
 */
function freeOf({ free }: FreeFile): Prices['freeOf'] {
  const known = new Map<string, string | undefined>()
  const ofService = new Map<string, FreeFile['free']>()
  const among = (patterns: readonly string[] | undefined, action: string) =>
    patterns?.some((pattern) => matches(pattern, action, { fold: true })) ?? false
  const amongOwn = (patterns: readonly string[], action: string) =>
    among(
      patterns.filter((pattern) => !pattern.startsWith('*:')),
      action,
    )
  const entriesOf = (service: string): FreeFile['free'] => {
    const theirs = ({ actions }: FreeFile['free'][number]) =>
      actions.filter((pattern) => [service, '*'].includes(pattern.split(':')[0] ?? ''))
    const entries = ofService.get(service) ?? free.map((entry) => ({ ...entry, actions: theirs(entry) }))
    remember(ofService, service, entries)
    return entries
  }
  return (action) => {
    if (!known.has(action)) {
      const entries = entriesOf(action.split(':')[0] ?? '')
      const meant = actionOf(action) ? among : amongOwn
      const found = entries.find(({ actions, except }) => meant(actions, action) && !among(except, action))
      remember(known, action, found?.why)
    }
    return known.get(action)
  }
}

const factorOf =
  ({ region, regions }: PricesFile): Prices['factorOf'] =>
  (name) => {
    if (name === region || regions.same.includes(name)) return { factor: 1, own: true }
    const dearer = Object.hasOwn(regions.dearer, name) ? regions.dearer[name] : undefined
    return { factor: dearer ?? regions.otherwise, own: false }
  }
