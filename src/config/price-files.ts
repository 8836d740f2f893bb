import { readFileSync } from 'node:fs'
import { fileNames, type Files } from '../cost/files.js'
import { readPrices } from '../cost/read.js'
import type { Prices } from '../cost/prices.js'

/** Beside the contract and the schema, three folders above where this runs from: `build/src/config`. */
const shipped = new URL('../../../cost/', import.meta.url)

let read: Prices | undefined

/** The price data that Stint comes with. Throws the fault `invalid_config` when it cannot be used. */
export function shippedPrices(): Prices {
  read ??= readPrices(priceFiles(shipped))
  return read
}

/** The texts of the data files in a folder. */
export const priceFiles = (folder: URL): Files =>
  Object.fromEntries(
    fileNames.map((name) => [name, readFileSync(new URL(`${name}.json`, folder), 'utf8')]),
  ) as Files
