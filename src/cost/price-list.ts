import type { Ec2File, ListQuery, PriceEntry, PricesFile, TableEntry } from './files.js'

/** A product of the AWS Price List (GetProducts, `PriceList`), as far as it is read. */
interface Product {
  readonly product?: { readonly attributes?: Readonly<Record<string, string>> }
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<string, { readonly priceDimensions?: Readonly<Record<string, Dimension>> }>
    >
  }
}
interface Dimension {
  readonly pricePerUnit?: { readonly USD?: string }
}

/** What the Price List says: the attributes of a product, and the dearest of its tiers on demand, in USD. */
interface Listed {
  readonly attributes: Readonly<Record<string, string>>
  readonly usd: number
}

/** Reads what GetProducts answers with; what has no price on demand above 0 is left out. */
export function readProducts(texts: readonly string[]): readonly Listed[] {
  return texts.flatMap((text) => {
    const { product, terms } = JSON.parse(text) as Product
    const dimensions = Object.values(terms?.OnDemand ?? {}).flatMap(({ priceDimensions }) =>
      Object.values(priceDimensions ?? {}),
    )
    const usd = Math.max(
      0,
      ...dimensions.map(({ pricePerUnit }) => Number(pricePerUnit?.USD)).filter(Number.isFinite),
    )
    return usd > 0 ? [{ attributes: product?.attributes ?? {}, usd }] : []
  })
}

/** Of each kind the dearest: one database class has a price for each engine and licence. */
function byType(listed: readonly Listed[]): Readonly<Record<string, number>> {
  const types = new Map<string, number>()
  for (const { attributes, usd } of listed) {
    const type = attributes['instanceType']
    if (type !== undefined) types.set(type, Math.max(types.get(type) ?? 0, usd))
  }
  return Object.fromEntries([...types].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What asks the Price List for something. */
export type Ask = (query: ListQuery) => Promise<readonly Listed[]>

/** All of EC2, Linux on demand (attributes as the Price List calls them). */
const ec2Query: ListQuery = {
  service: 'AmazonEC2',
  where: {
    operatingSystem: 'Linux',
    tenancy: 'Shared',
    preInstalledSw: 'NA',
    capacitystatus: 'Used',
    marketoption: 'OnDemand',
  },
}

interface Refreshed {
  readonly prices: PricesFile
  readonly ec2: Ec2File
  /** The names of what has a price of `day` now. */
  readonly fresh: readonly string[]
  /** What the Price List did not answer for, and what has no query: as it was. */
  readonly kept: readonly string[]
}

const name = 'price-list'

/** The book with every price that the Price List has, as of `day`; all else as it was. */
export async function refresh(prices: PricesFile, ec2: Ec2File, day: string, ask: Ask): Promise<Refreshed> {
  const source = { source: 'AWS Price List (GetProducts), us-east-1, on demand', retrieved: day }
  const fresh: string[] = []
  const kept: string[] = []
  const note = (found: boolean, what: string): void => void (found ? fresh : kept).push(what)

  const single = async ([id, entry]: [string, PriceEntry]): Promise<[string, PriceEntry]> => {
    const listed = entry.list ? await ask(entry.list) : []
    note(listed.length > 0, id)
    if (listed.length === 0) return [id, entry]
    const usd = Math.max(...listed.map((one) => one.usd)) * (entry.buys ?? 1)
    return [id, { ...entry, usd: Number(usd.toPrecision(12)), from: name }]
  }
  const table = async ([id, entry]: [string, TableEntry]): Promise<[string, TableEntry]> => {
    const types = byType(entry.list ? await ask(entry.list) : [])
    const found = Object.keys(types).length > 0
    note(found, id)
    // What it lacks, nobody can buy.
    return [id, found ? { ...entry, complete: true, types, from: name } : entry]
  }
  const machines = await ask(ec2Query)
  const types = Object.fromEntries(
    Object.entries(byType(machines)).flatMap(([type, usdPerHour]) => {
      const vcpu = Number(
        machines.find(({ attributes }) => attributes['instanceType'] === type)?.attributes['vcpu'],
      )
      return vcpu > 0 ? [[type, { vcpu, usdPerHour }]] : []
    }),
  )
  note(Object.keys(types).length > 0, 'ec2')

  const all = {
    prices: Object.fromEntries(await inTurn(Object.entries(prices.prices), single)),
    tables: Object.fromEntries(await inTurn(Object.entries(prices.tables), table)),
  }
  return {
    prices: { ...prices, sources: { ...prices.sources, [name]: source }, ...all },
    ec2: Object.keys(types).length > 0 ? { ...ec2, ...source, types } : ec2,
    fresh,
    kept,
  }
}

/** One after the other: the Price List throttles. */
async function inTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (const item of items) results.push(await run(item))
  return results
}
