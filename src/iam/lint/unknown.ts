import { conditionKeysOf, expand, isKeyAmong, keyType } from '../actions.js'
import type { PolicyStatement } from '../document.js'
import { step } from '../json.js'
import { nearest } from '../nearest.js'
import { parseOperator } from '../operators.js'
import { globalKeys } from '../service-data.js'
import { prefixes, serviceOf } from '../services.js'
import { pointerTo, some, type Hit, type Rule, type Unit } from './rule.js'

/** What an unknown action may have been meant to be. */
function suggestion(pattern: string): string {
  const [prefix = '', name = ''] = pattern.split(':')
  const service = serviceOf(prefix)
  if (!service) return `AWS documents no service ${prefix}; the nearest is ${nearest(prefix, prefixes)}.`
  const near = nearest(
    `${service.prefix}:${name}`,
    [...service.actions.values()].map((action) => action.name),
  )
  return `${service.name} has no action ${name}; the nearest is ${near}.`
}

/** Only a warning: AWS documents some actions later than it has them. */
function* actions({ statements }: Unit): Generator<Hit> {
  for (const statement of statements)
    for (const [place, pattern] of statement.actions.patterns.entries())
      if (!/^\*/.test(pattern) && expand(pattern).length === 0)
        yield {
          at: pointerTo(statement, 'Action', place),
          detail: `${pattern} matches nothing: ${suggestion(pattern)}`,
        }
}

interface Condition {
  readonly at: string
  readonly operator: string
  readonly key: string
}

const conditionsOf = ({ at, conditions = {} }: PolicyStatement): readonly Condition[] =>
  Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.keys(keys).map((key) => ({ at: `${at}/Condition${step(operator)}${step(key)}`, operator, key })),
  )

function* each(unit: Unit): Generator<readonly [PolicyStatement, Condition]> {
  for (const statement of unit.statements)
    for (const condition of conditionsOf(statement)) yield [statement, condition]
}

function* conditionKeys(unit: Unit): Generator<Hit> {
  for (const [, { at, key }] of each(unit)) {
    if (keyType(key) !== undefined) continue
    const known = [...Object.keys(globalKeys), ...(serviceOf(key.split(':')[0] ?? '')?.keys.keys() ?? [])]
    const near = nearest(
      key.replace(/\/.*/, ''),
      known.map((name) => name.replace(/\/.*/, '')),
    )
    yield {
      at,
      detail: `AWS documents no condition key ${key}, so no request has it; the nearest is ${near}.`,
    }
  }
}

/** Keys of a service that none of the statement's actions can have. */
function* unusedKeys(unit: Unit): Generator<Hit> {
  for (const [statement, { at, key }] of each(unit)) {
    if (keyType(key) === undefined || statement.actions.negated || isKeyAmong(general, key)) continue
    // Which claims there are depends on the issuer of the token.
    if (!key.startsWith('aws:') && !serviceOf(key.split(':')[0] ?? '')) continue
    // A wildcard that reaches every service reaches those that have the key.
    if (statement.actions.patterns.some((pattern) => pattern.startsWith('*'))) continue
    const reached = statement.actions.patterns.flatMap(expand)
    const without = reached.filter((action) => !isKeyAmong(conditionKeysOf(action), key))
    const written = without.filter(({ name }) =>
      statement.actions.patterns.some((pattern) => pattern.toLowerCase() === name.toLowerCase()),
    )
    const lacking = without.length === reached.length ? without : written
    if (lacking.length > 0)
      yield {
        at,
        detail: `A request for ${some(lacking.map(({ name }) => name))} never has ${key}. Put the condition in a statement with the actions that know it.`,
      }
  }
}

/** Global keys are in requests of most services; those of what is tagged only where AWS says so. */
const general = Object.keys(globalKeys).filter((key) => !/:(RequestTag|ResourceTag|TagKeys)/.test(key))

/** A time may be written in seconds. */
const numbers = ['Numeric', 'Date']
const fitting: Readonly<Record<string, readonly string[]>> = {
  number: numbers,
  date: numbers,
  boolean: ['Bool', 'ArrayOfBool'],
  address: ['IPAddress'],
  arn: ['ARN', 'ArrayOfARN', 'String', 'ArrayOfString'],
}

/** An operator that compares something else than what the key holds. Text compares ARNs, truth and dates as well. */
function* types(unit: Unit): Generator<Hit> {
  for (const [, { at, operator, key }] of each(unit)) {
    const type = keyType(key)
    const compares = parseOperator(operator)?.type ?? 'null'
    if (type === undefined || compares === 'null' || compares === 'binary') continue
    const fits =
      compares === 'string' || compares === 'pattern'
        ? type !== 'IPAddress' && type !== 'Numeric'
        : (fitting[compares]?.includes(type) ?? true)
    if (!fits)
      yield { at, detail: `${key} holds a value of the type ${type}, which ${operator} does not compare.` }
  }
}

/** An Allow that holds when the key is not there at all. */
function* vacuous({ statements }: Unit): Generator<Hit> {
  for (const statement of statements) {
    const keys = conditionsOf(statement)
    for (const { at, operator, key } of statement.effect === 'Allow' ? keys : []) {
      const present = keys.some(
        (other) => other.operator === 'Null' && other.key.toLowerCase() === key.toLowerCase(),
      )
      if (operator.startsWith('ForAllValues:') && !present)
        yield {
          at,
          detail: `ForAllValues holds for a request without ${key}. Add {"Null": {"${key}": "false"}} to demand it.`,
        }
    }
  }
}

/** `${aws:username}` in a document without `"Version": "2012-10-17"` is just that text. */
function* oldVersion({ statements, old }: Unit): Generator<Hit> {
  for (const at of old) {
    const own = statements.filter((statement) => statement.at.startsWith(`${at}/Statement`))
    if (JSON.stringify(own).includes('${'))
      yield {
        at,
        detail:
          'Without "Version": "2012-10-17" a policy variable is plain text, which no request has. Add the version.',
      }
  }
}

export const unknown: readonly Rule[] = [
  {
    code: 'old-version',
    level: 'warn',
    title: 'policy variables without the version that has them',
    check: oldVersion,
  },
  { code: 'unknown-action', level: 'warn', title: 'an action that AWS does not document', check: actions },
  {
    code: 'unknown-condition-key',
    level: 'warn',
    title: 'a condition key that AWS does not document',
    check: conditionKeys,
  },
  {
    code: 'unused-condition-key',
    level: 'warn',
    title: 'a condition key that the actions never have',
    check: unusedKeys,
  },
  {
    code: 'mismatched-condition-type',
    level: 'warn',
    title: 'an operator for another type than the key has',
    check: types,
  },
  {
    code: 'vacuous-condition',
    level: 'warn',
    title: 'a ForAllValues that an absent key satisfies',
    check: vacuous,
  },
]
