import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadConfig } from '../../config/load.js'
import { priceFiles, shippedFiles, shippedPrices } from '../../config/price-files.js'
import type { Environment } from '../../config/environment.js'
import type { Ec2File, Files, PricesFile } from '../../cost/files.js'
import { readProducts, refresh } from '../../cost/price-list.js'
import { readPrices } from '../../cost/read.js'
import { Fault } from '../../fault.js'
import type { OwnCredentials } from '../../mint/clients.js'
import { iso, type Clock } from '../../time.js'
import { failure, type Answer } from '../answer.js'

/** How AWS is reached: the SDK's own default chain, unless a test says otherwise. */
export interface Reach {
  readonly clock: Clock
  readonly credentials?: OwnCredentials
  readonly endpoint?: string
}

const client = ({ credentials, endpoint }: Reach, region: string) => ({
  region,
  ...(credentials && { credentials }),
  ...(endpoint !== undefined && { endpoint }),
})

/**
 * `stint prices refresh`: writes `prices.json` and `ec2.json` into a folder, with every price that the AWS Price List
 * has today. They are written only when Stint could use them.
 */
export async function pricesRefresh(folder: string, reach: Reach): Promise<Answer> {
  try {
    const { PricingClient, paginateGetProducts } = await import('@aws-sdk/client-pricing').catch(notInstalled)
    // The Price List is served in few regions; us-east-1 is one (AWS Price List API, endpoints).
    const aws = new PricingClient(client(reach, 'us-east-1'))
    const day = iso(reach.clock()).slice(0, 10)
    const before = shippedFiles()
    const { prices, ec2, fresh, kept } = await refresh(
      JSON.parse(before.prices) as PricesFile,
      JSON.parse(before.ec2) as Ec2File,
      day,
      async ({ service, where }) => {
        const Filters = Object.entries({ regionCode: 'us-east-1', ...where }).map(([Field, Value]) => ({
          Type: 'TERM_MATCH' as const,
          Field,
          Value,
        }))
        const products: string[] = []
        for await (const page of paginateGetProducts({ client: aws }, { ServiceCode: service, Filters }))
          products.push(...(page.PriceList ?? []).map(String))
        return readProducts(products)
      },
    ).finally(() => aws.destroy())
    const files: Files = { ...before, prices: printed(prices), ec2: printed(ec2) }
    readPrices(files)
    await writeAll(folder, files)
    const left = kept.length > 0 ? `Left as they were: ${kept.join(', ')}.\n` : ''
    return { exit: 0, out: `${fresh.length} prices and tables of ${day} are in ${folder}.\n${left}`, err: '' }
  } catch (error) {
    return failure(told(error), folder)
  }
}

const printed = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** All five, so that the folder can be compared, reviewed and used as one. */
async function writeAll(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(resolve(folder, `${name}.json`), text)
  priceFiles(pathToFileURL(`${resolve(folder)}/`))
}

/**
 * `stint quotas refresh`: prints the applied quotas of an account as `accounts.<id>.quotas` has them, to be reviewed
 * and put there. It reads the account whose credentials it is run with.
 */
export async function quotasRefresh(
  name: string,
  source: { readonly file: string; readonly env: Environment },
  account: string,
  reach: Reach,
): Promise<Answer> {
  try {
    const { accounts } = loadConfig(source).catalog
    const known = accounts.get(account)
    if (!known)
      throw new Fault(
        'invalid_request',
        `There is no account ${account}; there are ${[...accounts.keys()].join(', ')}.`,
      )
    const { ServiceQuotasClient, paginateListServiceQuotas } =
      await import('@aws-sdk/client-service-quotas').catch(notInstalled)
    const pools = [...shippedPrices().pools.values()].flatMap(({ id, quota }) =>
      quota ? [{ id, quota }] : [],
    )
    const found = new Map<string, Map<string, number>>()
    for (const region of known.regions) {
      const aws = new ServiceQuotasClient(client(reach, region))
      for (const service of new Set(pools.map(({ quota }) => quota.service)))
        for await (const page of paginateListServiceQuotas({ client: aws }, { ServiceCode: service }))
          for (const { QuotaCode, Value } of page.Quotas ?? [])
            for (const { id, quota } of pools)
              if (quota.service === service && quota.code === QuotaCode && Value !== undefined)
                found.set(id, new Map([...(found.get(id) ?? []), [region, Value]]))
      aws.destroy()
    }
    const missing = pools.filter(({ id }) => !found.has(id)).map(({ id }) => id)
    const lines = [...found].map(
      ([id, regions]) =>
        `  ${id}: { ${[...regions].map(([region, value]) => `${region}: ${value}`).join(', ')} }`,
    )
    return {
      exit: 0,
      out: `quotas: # applied on ${iso(reach.clock()).slice(0, 10)}\n${lines.join('\n')}\n`,
      err:
        missing.length > 0
          ? `Not told by Service Quotas, so AWS's default holds: ${missing.join(', ')}.\n`
          : '',
    }
  } catch (error) {
    return failure(told(error), name)
  }
}

/** What AWS or the network said, as a fault that a person can act on. */
function told(error: unknown): unknown {
  if (error instanceof Fault) return error
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return new Fault('invalid_request', `AWS was not read: ${name}: ${message}`, { cause: error })
}

function notInstalled(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
  throw new Fault(
    'invalid_config',
    'This needs the packages "@aws-sdk/client-pricing" and "@aws-sdk/client-service-quotas" (npm install them), which are missing.',
    { cause },
  )
}
