import { readRange, rangeWithin } from './address.js'
import { readBoolean, readDate, readNumber } from './condition-values.js'
import { fillVariables, likeArnParts, likeText, type Context } from './evaluate-text.js'
import { parseOperator, type ParsedOperator } from './operators.js'
import type { PolicyDocument } from './document.js'

/** Whether numbers stand as the operator demands. */
function compares(comparison: ParsedOperator['comparison'], actual?: number, wanted?: number): boolean {
  if (actual === undefined || wanted === undefined) return false
  if (comparison === 'equals') return actual === wanted
  if (comparison === 'less') return actual < wanted
  if (comparison === 'lessOrEqual') return actual <= wanted
  return comparison === 'greater' ? actual > wanted : actual >= wanted
}

function inRange(wanted: string, actual: string): boolean {
  const [range, address] = [readRange(wanted), actual.includes('/') ? undefined : readRange(actual)]
  return range !== undefined && address !== undefined && rangeWithin(address, range)
}

/** Whether one value of the request satisfies one of the policy, before negation. */
function satisfies({ type, comparison, fold }: ParsedOperator, wanted: string, actual: string): boolean {
  switch (type) {
    case 'string':
      return fold ? wanted.toLowerCase() === actual.toLowerCase() : wanted === actual
    case 'pattern':
      return likeText(wanted, actual)
    case 'arn':
      return likeArnParts(wanted, actual)
    case 'date':
      return compares(comparison, readDate(actual), readDate(wanted))
    case 'number':
      return compares(comparison, readNumber(actual), readNumber(wanted))
    case 'boolean':
      return readBoolean(wanted) !== undefined && readBoolean(wanted) === readBoolean(actual)
    case 'address':
      return inRange(wanted, actual)
    default:
      return wanted === actual
  }
}

/** The policy's values as they read in this request; one whose variable the request lacks matches nothing. */
function filled(
  { type }: ParsedOperator,
  wanted: readonly string[],
  context: Context,
  version: PolicyDocument['version'],
): readonly string[] {
  if (version === '2008-10-17') return wanted
  // Only patterns have wildcards that must be told from what a variable brings.
  const plain = (text: string): string => text.replaceAll('\ue000', '*').replaceAll('\ue001', '?')
  return wanted.flatMap((text) => {
    const value = fillVariables(text, context)
    if (value === undefined) return []
    return [type === 'pattern' || type === 'arn' ? value : plain(value)]
  })
}

/**
 * Whether a condition holds of the values that a request has for its key (IAM user guide, "Condition
 * operators", "Multivalued context keys"). Without a qualifier, a negated operator must hold of every value
 * and any other of one; a key that is absent satisfies only negations, IfExists and ForAllValues.
 */
export function conditionHolds(
  name: string,
  values: readonly string[],
  actual: readonly string[] | undefined,
  context: Context,
  version: PolicyDocument['version'],
): boolean {
  const operator = parseOperator(name)
  if (!operator) return false
  if (operator.type === 'null') return values.some((value) => readBoolean(value) === (actual === undefined))
  const wanted = filled(operator, values, context, version)
  const meets = (value: string): boolean =>
    wanted.some((one) => satisfies(operator, one, value)) !== operator.negated
  if (operator.qualifier === 'ForAllValues') return (actual ?? []).every(meets)
  const every = operator.negated && operator.qualifier === undefined
  if (actual === undefined) return operator.ifExists || every
  return every ? actual.every(meets) : actual.some(meets)
}
