import { valueFault } from './condition-values.js'
import type { PolicyDocument, ReportFault } from './document.js'
import { isObject, step } from './json.js'
import { nearest } from './nearest.js'
import { operatorNames, parseOperator, type ParsedOperator } from './operators.js'
import type { Conditions } from './statement.js'
import { hasVariable, variableFault } from './variables.js'

type Version = PolicyDocument['version']

/** IAM takes numbers and truth values as well as strings, and compares their text. */
function readValues(value: unknown, at: string, report: ReportFault): readonly (readonly [string, string])[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item, i) => {
    const place = Array.isArray(value) ? at + step(i) : at
    if (['string', 'number', 'boolean'].includes(typeof item)) return [[place, String(item)] as const]
    report(place, 'type', 'A value must be a string, a number or a truth value, or a list of them.')
    return []
  })
}

function checkValue(
  text: string,
  at: string,
  operator: ParsedOperator,
  version: Version,
  report: ReportFault,
): void {
  if (version === '2012-10-17') {
    const variable = variableFault(text)
    if (variable !== undefined) return report(at, 'variable', variable)
    if (hasVariable(text)) return
  }
  const detail = valueFault(text, operator.type)
  if (detail !== undefined) report(at, 'value', detail)
}

/** `Condition`: by operator and key, single values made lists; undefined when there is none. */
export function readConditions(
  value: unknown,
  at: string,
  version: Version,
  report: ReportFault,
): Conditions | undefined {
  if (value === undefined) return undefined
  if (!isObject(value)) return void report(at, 'type', 'Condition must be an object of operators.')
  const blocks = Object.entries(value).map(([name, keys]) => {
    const place = at + step(name)
    const operator = parseOperator(name)
    if (!operator) {
      const near = nearest(name, operatorNames) ?? ''
      report(
        place,
        'operator',
        `IAM has no condition operator ${JSON.stringify(name)}; the nearest is ${near}.`,
      )
    }
    return [name, readKeys(keys, place, operator, version, report)] as const
  })
  return Object.fromEntries(blocks)
}

function readKeys(
  value: unknown,
  at: string,
  operator: ParsedOperator | undefined,
  version: Version,
  report: ReportFault,
): Conditions[string] {
  if (!isObject(value)) {
    report(at, 'type', 'An operator must have an object of condition keys.')
    return {}
  }
  const entries = Object.entries(value).map(([key, wanted]) => {
    const place = at + step(key)
    if (!/^[^\s:*?]+:[^*?]+$/.test(key))
      report(place, 'key', `${JSON.stringify(key)} is not of the form prefix:name, such as aws:SourceIp.`)
    const values = readValues(wanted, place, report)
    for (const [where, text] of values) if (operator) checkValue(text, where, operator, version, report)
    return [key, values.map(([, text]) => text)] as const
  })
  return Object.fromEntries(entries)
}
