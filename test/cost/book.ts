import { readFileSync } from 'node:fs'
import { fileNames, type FileName, type Files } from '../../src/cost/files.js'
import { estimate } from '../../src/cost/estimate.js'
import type { Policy } from '../../src/cost/policy.js'
import type { Account, Prices } from '../../src/cost/prices.js'
import { readPrices } from '../../src/cost/read.js'
import type { Receipt } from '../../src/cost/receipt.js'
import type { Conditions } from '../../src/iam/statement.js'

/** The data that Stint comes with, as texts. */
export const shipped = Object.fromEntries(
  fileNames.map((name) => [
    name,
    readFileSync(new URL(`../../../cost/${name}.json`, import.meta.url), 'utf8'),
  ]),
) as Files

/** The shipped data with pieces of text replaced; each must be there. */
export function edited(file: FileName, ...edits: readonly (readonly [string, string])[]): Files {
  const text = edits.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`not in ${file}.json: ${from}`)
    return before.replace(from, () => to)
  }, shipped[file])
  return { ...shipped, [file]: text }
}

export const book: Prices = readPrices(shipped)
export const hour = 3_600_000

/** One region, a day until somebody notices, and no quota at all but those given. */
export function account(quotas: Account['quotas'] = {}, more: Partial<Account> = {}): Account {
  const none = Object.fromEntries([...book.pools.keys()].map((pool) => [pool, 0]))
  return { regions: ['us-east-1'], horizon: 24 * hour, quotas: { ...none, ...quotas }, ...more }
}

export const allows = (
  actions: readonly string[],
  conditions?: Conditions,
  resources: readonly string[] = ['*'],
): Policy => ({ allow: [{ actions, resources, ...(conditions && { conditions }) }], deny: [] })

/** What an hour of it could cost. */
export const priced = (policy: Policy, profile: Account, prices: Prices = book, window = hour): Receipt =>
  estimate(policy, window, profile, prices)

/** To the cent. */
export const cents = (usd: number): number => Math.round(usd * 100) / 100
