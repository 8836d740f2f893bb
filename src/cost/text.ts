import { formatDuration } from '../time.js'
import { boundOf, type Declared, type Line, type Note, type Receipt } from './receipt.js'

const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' })
const small = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 })
const count = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

/** `$1,364.80`, to the cent. */
export const money = (usd: number): string => (usd === Infinity ? 'without limit' : dollars.format(usd))

/** The bound in a sentence: `Could cost up to $18.00.` */
export function sentence(receipt: Receipt, declared?: Declared): string {
  if (declared)
    return `Declared to cost up to ${money(declared.usd)} (${declared.because}; until ${declared.until}).`
  if (boundOf(receipt) === Infinity) return `Could cost without limit: ${reasons(receipt.unbounded)}`
  const some = `Could cost up to ${money(receipt.usd)}`
  if (receipt.unpricedCount === 0) return `${some}.`
  return `${some}, and whatever ${named(receipt.unpriced, receipt.unpricedCount)} costs, which nobody has priced.`
}

const reasons = (notes: readonly Note[]): string =>
  notes
    .slice(0, 3)
    .map(({ action, why }) => `${action}: ${why}`)
    .join(' ') + (notes.length > 3 ? ` And ${notes.length - 3} more.` : '')

function named(notes: readonly Note[], all: number): string {
  const shown = notes.slice(0, 3).map(({ action }) => action)
  return shown.join(', ') + (all > shown.length ? ` and ${all - shown.length} more` : '')
}

/** A driver of its own has only what the session itself reads out of a store. */
const traffic =
  'Traffic through gateways, endpoints and load balancers, and out of what runs, is not in the bound.'

/** The whole receipt for a terminal, dearest first. */
export function receiptText(receipt: Receipt, most = 12): string {
  const { lines, rest, unbounded, commitments, unpriced, unpricedCount, window, horizon, regions } = receipt
  const left = lines.slice(most)
  const more = left.length + (rest?.lines ?? 0)
  const usd = left.reduce((sum, line) => sum + line.usd, rest?.usd ?? 0)
  const sections = [
    [sentence(receipt)],
    lines.slice(0, most).flatMap(lineText),
    more > 0 ? [`  and ${more} more for ${money(usd)}`] : [],
    noteText('Without limit:', unbounded, unbounded.length),
    noteText('Commits the account:', commitments, commitments.length),
    noteText('Not priced:', unpriced, unpricedCount),
    lines.length > 0 ? ['Prices:', ...sourcesOf(lines)] : [],
    [
      `For a window of ${formatDuration(window)} and ${formatDuration(horizon)} until somebody notices, in ${regions.join(' ')}.`,
      traffic,
    ],
  ]
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')
    .concat('\n')
}

function lineText(line: Line): readonly string[] {
  const { usd, actions, quantity, unit, unitPrice, hours, price, regions, limit, assumes } = line
  const kind = price.type === undefined ? '' : ` (${price.type})`
  const where = regions.length > 1 ? ` x ${regions.length} regions` : ''
  const time = hours === undefined ? '' : ` x ${count.format(hours)} h`
  const factor = price.factor === undefined ? '' : `; estimated at ${price.factor} times us-east-1`
  const indent = ' '.repeat(16)
  return [
    `${money(usd).padStart(14)}  ${actions.slice(0, 4).join(', ')}${actions.length > 4 ? ' and more' : ''}`,
    `${indent}${count.format(quantity)} ${unit} x $${small.format(unitPrice)}${kind}${time}${where}; ${limit}`,
    `${indent}${line.driver}${regions.length > 0 ? `, ${regions.join(' ')}` : ''}; price of ${price.retrieved}${price.unverified ? ', unverified' : ''}${factor}`,
    ...(assumes === undefined ? [] : [`${indent}${assumes}`]),
  ]
}

const sourcesOf = (lines: readonly Line[]): readonly string[] => [
  ...new Set(lines.map(({ price }) => `  ${price.retrieved} ${price.source}`)),
]

function noteText(title: string, notes: readonly Note[], all: number): readonly string[] {
  if (all === 0) return []
  const shown = notes.slice(0, 10)
  return [
    title,
    ...shown.map(({ action, why }) => `  ${action}: ${why}`),
    ...(all > shown.length ? [`  and ${all - shown.length} more`] : []),
  ]
}
