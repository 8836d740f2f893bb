import type { Role } from '../catalog/catalog.js'
import type { Account as Profile } from '../cost/prices.js'
import { nearest } from '../iam/nearest.js'
import { overlaps, parseRange, type Networks, type Range } from '../identity/network.js'
import { day, hour, readDuration } from './durations.js'
import { entries, items, pathText, present, type Path, type Report } from './fault.js'
import type { AccountEntry, FromEntry, Items, Named } from './file.js'
import { listed, type Known } from './known.js'

export interface Account extends Profile {
  readonly name: string
}

/** Reads CIDR ranges; those that are none are reported and left out. */
export function readRanges(rows: Items<string> | undefined, path: Path, report: Report): readonly Range[] {
  return [...present(rows)].flatMap(([at, text]) => {
    const range = parseRange(text)
    if (typeof range !== 'string') return [range]
    report([...path, at], range)
    return []
  })
}

export const compileNetworks = (rows: Named<Items<string>> | undefined, report: Report): Networks =>
  new Map([...entries(rows)].map(([name, ranges]) => [name, readRanges(ranges, ['networks', name], report)]))

/** Compiles a `from`. Without one that holds, nobody gets in: the schema has reported it. */
export function compileFrom(
  from: FromEntry | undefined,
  path: Path,
  known: Known,
  report: Report,
): Role['from'] {
  if (from === undefined) return []
  if (typeof from === 'string') return 'any'
  for (const [at, name] of present(from)) {
    if (name === 'any')
      report([...path, at], 'is no network; to let everybody in from anywhere, write `from: any`')
    else if (!known.networks.includes(name))
      report([...path, at], `is not among networks; there are ${listed(known.networks)}`)
  }
  return items(from)
}

/** The widest range that can be proxies, as a prefix: wider ones would hand the say to strangers. */
const widest = { 4: 8, 6: 16 }

/**
 * A proxy's word decides which address a request has, so nothing that may be a client can be one: a client
 * in such a range could forge its own address.
 */
export function compileProxies(
  rows: Items<string> | undefined,
  networks: Named<Items<string>> | undefined,
  report: Report,
): readonly Range[] {
  const clients = [...entries(networks)].flatMap(([name, ranges]) =>
    readRanges(ranges, [], () => undefined).map((range) => ({ name, range })),
  )
  return [...present(rows)].flatMap(([at, text]) => {
    const path: Path = ['trustedProxies', at]
    const [range] = readRanges([text], path.slice(0, 1), (_, message) => report(path, message))
    if (!range) return []
    if (range.prefix < widest[range.family])
      report(
        path,
        `is wider than /${widest[range.family]}: name the proxies, or the networks that they are in`,
      )
    const met = clients.find((client) => overlaps(client.range, range))
    if (met) {
      report(
        path,
        `overlaps ${pathText(['networks', met.name])} (${met.range.text}): a client in both could forge its address`,
      )
    }
    return [range]
  })
}

/** Compiles `accounts`. Names are what approvers see, so no two are the same. */
export function compileAccounts(
  rows: Named<AccountEntry> | undefined,
  pools: readonly string[],
  report: Report,
): ReadonlyMap<string, Account> {
  const names = new Map<string, string>()
  return new Map(
    [...entries(rows)].map(([id, { name = '', regions, horizon, quotas }]) => {
      const before = names.get(name)
      if (before !== undefined) report(['accounts', id, 'name'], `is the name of account ${before} already`)
      if (name !== '') names.set(name, id)
      const account = {
        name,
        regions: items(regions),
        horizon: readDuration(report, ['accounts', id, 'horizon'], horizon, usualHorizon),
        quotas: readQuotas(quotas, pools, ['accounts', id, 'quotas'], report),
      }
      return [id, account]
    }),
  )
}

const usualHorizon = { least: hour, most: 30 * day, otherwise: day }

/** A quota of a pool that nothing draws on is a typing error, and the default would hold instead. */
function readQuotas(
  rows: AccountEntry['quotas'],
  pools: readonly string[],
  path: Path,
  report: Report,
): Profile['quotas'] {
  return Object.fromEntries(
    [...entries(rows)].map(([pool, said]) => {
      if (!pools.includes(pool))
        report([...path, pool], `is no pool; did you mean ${nearest(pool, pools) ?? 'another'}?`, 'key')
      return [pool, typeof said === 'number' ? said : Object.fromEntries(entries(said))]
    }),
  )
}
