import { readFileSync } from 'node:fs'
import { Fault } from '../fault.js'
import { fileNames, type Files } from '../cost/files.js'
import { readPrices } from '../cost/read.js'
import type { Prices } from '../cost/prices.js'

/** Beside the contract and the schema, three folders above where this runs from: `build/src/config`. */
const folder = new URL('../../../cost/', import.meta.url)

let read: Prices | undefined

/** The price data that Stint comes with. Throws the fault `invalid_config` when it cannot be used. */
export const shippedPrices = (): Prices => (read ??= readPrices(shippedFiles()))

export const shippedFiles = (): Files => priceFiles(folder)

/** The texts of the data files in a folder, whose URL ends in a slash. Throws `invalid_config`. */
export function priceFiles(folder: URL): Files {
  return Object.fromEntries(fileNames.map((name) => [name, textOf(new URL(`${name}.json`, folder))])) as Files
}

function textOf(file: URL): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Fault('invalid_config', `The price data has no ${file.pathname.split('/').at(-1) ?? ''}.`, {
      cause: error,
    })
  }
}
