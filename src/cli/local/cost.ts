import { loadConfig } from '../../config/load.js'
import { shippedPrices } from '../../config/price-files.js'
import { concerns, usualThreshold, type Threshold } from '../../cost/concerns.js'
import { estimate } from '../../cost/estimate.js'
import { narrower, type Priced } from '../../cost/narrower.js'
import { policyOf } from '../../cost/policy.js'
import type { Account } from '../../cost/prices.js'
import { boundOf, type Receipt } from '../../cost/receipt.js'
import { defaultRegions } from '../../cost/regions.js'
import { receiptText } from '../../cost/text.js'
import { Fault } from '../../fault.js'
import { nearest } from '../../iam/nearest.js'
import { regionNames, regionOf } from '../../iam/regions.js'
import { parseDocument } from '../../iam/document-read.js'
import { parseDuration, type Instant } from '../../time.js'
import { failure, type Answer } from '../answer.js'

export interface CostOptions {
  readonly account?: string
  readonly window: string
  readonly json?: true
  readonly regions?: string
}

/** What the command reads: the policy and, where an account is named, the configuration that has it. */
interface Texts {
  readonly policy: string
  readonly config?: { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> }
}

/** A day, as Stint takes it for an account of which nothing is said. */
const usualHorizon = 86_400_000

/** `stint cost`: what a session with this policy could cost at most, with the reasons, and without asking for it. */
export function cost(name: string, texts: Texts, options: CostOptions, now: Instant): Answer {
  try {
    const window = parseDuration(options.window)
    if (window === undefined)
      throw new Fault(
        'invalid_request',
        `--window must be a duration such as 15m or 4h, not ${options.window}.`,
      )
    const read = parseDocument(texts.policy, 'identity')
    if (!read.ok) {
      const faults = read.faults.map(({ at, detail }) => `${name}${at && ` ${at}`}: ${detail}`)
      throw new Fault('invalid_request', faults.join('\n'))
    }
    const { account, threshold } = settingOf(texts, options)
    const priced: Priced = [policyOf(read.document), window, account, shippedPrices()]
    const receipt = estimate(...priced)
    const why = (one: Receipt) => concerns(one, threshold, undefined, now)
    const agree = why(receipt)
    const under = agree.length > 0 ? narrower(receipt, priced, (one) => why(one).length === 0) : []
    const bound = boundOf(receipt)
    const out = options.json
      ? `${JSON.stringify({ bound: bound === Infinity ? 'unbounded' : bound, agree, under, receipt }, undefined, 2)}\n`
      : receiptText(receipt) + agreeText(agree, under)
    return { exit: 0, out, err: '' }
  } catch (error) {
    return failure(error, name)
  }
}

const agreeText = (reasons: readonly string[], under: readonly string[]): string =>
  reasons.length === 0
    ? '\nNobody would need to agree to this.\n'
    : `\nSomebody would have to agree to this:\n${listed(reasons)}${under.length > 0 ? `Nobody would, each by itself:\n${listed(under)}` : ''}`

const listed = (sentences: readonly string[]): string => sentences.map((one) => `  ${one}\n`).join('')

/** With an account of the configuration all that it says of costs; else what Stint takes without being told. */
function settingOf(
  { config }: Texts,
  { account, regions }: CostOptions,
): { readonly account: Account; readonly threshold: Threshold } {
  const named = regions?.split(',').map((name) => name.trim())
  for (const name of named ?? []) {
    if (regionOf(name)) continue
    throw new Fault('invalid_request', `${name} is no region; did you mean ${nearest(name, regionNames)}?`)
  }
  if (account === undefined || !config) {
    const usual = { regions: named ?? defaultRegions, horizon: usualHorizon, quotas: {} }
    return { account: usual, threshold: usualThreshold }
  }
  const { accounts, threshold } = loadConfig(config).catalog
  const known = accounts.get(account)
  if (!known)
    throw new Fault(
      'invalid_request',
      `There is no account ${account}; there are ${[...accounts.keys()].join(', ')}.`,
    )
  const elsewhere = named?.find((region) => !known.regions.includes(region))
  if (elsewhere !== undefined)
    throw new Fault(
      'invalid_request',
      `${elsewhere} is not among the regions of account ${account}: ${known.regions.join(', ')}.`,
    )
  const left = named ? known.regions.filter((region) => named.includes(region)) : known.regions
  return { account: { ...known, regions: left }, threshold }
}
