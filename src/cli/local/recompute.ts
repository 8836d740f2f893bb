import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Environment } from '../../config/environment.js'
import { loadConfig } from '../../config/load.js'
import { priceFiles, shippedFiles } from '../../config/price-files.js'
import { estimate } from '../../cost/estimate.js'
import { fileNames } from '../../cost/files.js'
import { readPrices } from '../../cost/read.js'
import type { Receipt } from '../../cost/receipt.js'
import { receiptText } from '../../cost/text.js'
import type { Scope } from '../../decision/decision.js'
import { Fault, faults } from '../../fault.js'
import type { Grant } from '../../grant/grant.js'
import { openSource, openStore } from '../../store/open.js'
import { iso } from '../../time.js'
import { failure, type Answer } from '../answer.js'
import type { World } from './roles-check.js'

interface Source {
  readonly file: string
  readonly env: Environment
}

/**
 * `stint cost --grant`: computes the receipt of a grant again, from what is pinned in it and the very data that it
 * rests on. Exits with 0 when it comes to the same, else with the code of a conflict.
 */
export async function recompute(
  name: string,
  source: Source,
  { grant: id, data }: { readonly grant: string; readonly data?: string },
  world: World,
): Promise<Answer> {
  try {
    const { scope, receipt } = recorded(await grantOf(source, id, world))
    const files = data === undefined ? shippedFiles() : priceFiles(pathToFileURL(`${resolve(data)}/`))
    const prices = readPrices(files)
    const others = fileNames.filter((file) => prices.hashes[file] !== receipt.data[file])
    if (others.length > 0)
      throw new Fault(
        'conflict',
        `The receipt rests on other data. Give a folder that has it with --data:\n${others.map((file) => `  ${file}.json ${receipt.data[file]}`).join('\n')}`,
      )
    const { window, regions, horizon, quotas } = receipt
    const again = estimate(
      { allow: scope.statements, deny: [] },
      window,
      { regions, horizon, quotas },
      prices,
    )
    const same = JSON.stringify(again) === JSON.stringify(receipt)
    const verdict = same
      ? 'It comes to what is on the record, to the byte.'
      : `It is not what is on the record, which came to $${receipt.usd}; that was computed with version ${receipt.formula} of the formula and ${receipt.actions} of the list of actions, this with ${again.formula} and ${again.actions}.`
    return { exit: same ? 0 : faults.conflict.exit, out: `${receiptText(again)}\n${verdict}\n`, err: '' }
  } catch (error) {
    return failure(error, name)
  }
}

async function grantOf(source: Source, id: string, { clock }: World): Promise<Grant> {
  const { store: place } = loadConfig(source)
  // Looked for first: a store that is not there would be made.
  await (await openSource(place)).close()
  const store = await openStore(place, { replica: `cost-${iso(clock())}`, clock })
  try {
    const found = await store.snapshot(id)
    if (found) return found.grant
    throw new Fault('not_found', `There is no grant ${id} in this store.`)
  } finally {
    await store.close()
  }
}

function recorded({ id, scope, decision }: Grant): { readonly scope: Scope; readonly receipt: Receipt } {
  const receipt = decision.cost?.receipt
  if (scope && receipt) return { scope, receipt }
  throw new Fault(
    'not_found',
    `The grant ${id} has no receipt: it was refused before, or could not be priced.`,
  )
}
