import { expand } from '../actions.js'
import { parseArn } from '../arn.js'
import type { Patterns, Principal } from '../document.js'
import { parseOperator } from '../operators.js'
import { serviceOf, type AccessLevel } from '../services.js'
import type { Conditions } from '../statement.js'

/** `a, b and c`; past the fifth only how many more. */
export function list(items: readonly string[], last = 'and', shown = 5): string {
  const rest = items.length - shown
  if (rest > 0) return `${items.slice(0, shown).join(', ')} and ${rest} more`
  const [end = ''] = items.slice(-1)
  return items.length < 2 ? end : `${items.slice(0, -1).join(', ')} ${last} ${end}`
}

const verbs: Readonly<Record<AccessLevel, string>> = {
  List: 'list',
  Read: 'read',
  Write: 'change',
  Tagging: 'tag',
  'Permissions management': 'manage permissions',
}

/** From the least to the most; what writes only to tag or to manage permissions is told by those. */
export const levelOrder: readonly AccessLevel[] = [
  'List',
  'Read',
  'Write',
  'Tagging',
  'Permissions management',
]

/** The levels of what an action pattern of a service comes to, each once. */
export const levelsOf = (patterns: readonly string[]): readonly AccessLevel[] => {
  const told = patterns
    .flatMap(expand)
    .flatMap(({ levels }) => (levels.length > 1 ? levels.filter((level) => level !== 'Write') : levels))
  return levelOrder.filter((level) => told.includes(level))
}

/** By service prefix, the patterns of an element; `*` stands under itself. */
export function byService(patterns: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const pattern of patterns) {
    const prefix = pattern.startsWith('*') ? '*' : (pattern.split(':')[0] ?? '').toLowerCase()
    found.set(prefix, [...(found.get(prefix) ?? []), pattern])
  }
  return found
}

/** `list and read in Amazon DynamoDB (GetItem, Query)`. */
function serviceWords(prefix: string, patterns: readonly string[]): string {
  if (prefix === '*') return 'do anything in any service'
  const service = serviceOf(prefix)
  const names = patterns.map((pattern) => pattern.slice(pattern.indexOf(':') + 1))
  const does =
    list(
      levelsOf(patterns).map((level) => verbs[level]),
      'and',
    ) || 'act'
  return `${does} in ${service?.name ?? prefix} (${list(names)})`
}

export function actionWords({ negated, patterns }: Patterns): string {
  if (negated) return `do anything but ${list(patterns, 'or')}`
  return list(
    [...byService(patterns)].map(([prefix, some]) => serviceWords(prefix, some)),
    'and',
    20,
  )
}

/** `table/orders* in us-east-1 of account 123456789012`. */
function resourceWords(resource: string): string {
  const arn = parseArn(resource)
  if (!arn) return resource
  const named = arn.service === 's3' ? `s3 ${arn.resource}` : arn.resource
  const anywhere = /^\*+$/.test(arn.region) ? ' in any region' : arn.region === '' ? '' : ` in ${arn.region}`
  const account = /^\*+$/.test(arn.account)
    ? ' of any account'
    : arn.account === ''
      ? ''
      : ` of account ${arn.account}`
  return `${named}${anywhere}${account}`
}

export function resourcesWords({ negated, patterns }: Patterns): string {
  if (negated) return `everything but ${list(patterns.map(resourceWords), 'and')}`
  return patterns.includes('*') ? 'any resource' : list(patterns.map(resourceWords))
}

const comparisons: Readonly<Record<string, readonly [is: string, isNot: string]>> = {
  equals: ['is', 'is not'],
  like: ['is like', 'is not like'],
  address: ['is in', 'is not in'],
  less: ['is below', 'is not below'],
  lessOrEqual: ['is at most', 'is above'],
  greater: ['is above', 'is not above'],
  greaterOrEqual: ['is at least', 'is below'],
}

/** `aws:PrincipalTag/team is orders`. */
export function conditionWords(operator: string, key: string, values: readonly string[]): string {
  const {
    type,
    comparison = 'equals',
    negated = false,
    qualifier,
    ifExists = false,
  } = parseOperator(operator) ?? {}
  if (type === 'null')
    return `${key} is ${values.every((value) => value.toLowerCase() === 'true') ? 'absent' : 'present'}`
  const kind = type === 'pattern' || type === 'arn' ? 'like' : type === 'address' ? 'address' : comparison
  const is = comparisons[kind]?.[negated ? 1 : 0] ?? operator
  const subject =
    qualifier === 'ForAllValues'
      ? `every value of ${key}`
      : qualifier === 'ForAnyValue'
        ? `some value of ${key}`
        : key
  return `${subject} ${is} ${list(values, 'or')}${ifExists ? ', where the request has it' : ''}`
}

export const conditionsWords = (conditions: Conditions = {}): string =>
  list(
    Object.entries(conditions).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => conditionWords(operator, key, values)),
    ),
    'and',
    20,
  )

export function principalWords({
  negated,
  list: all,
}: {
  readonly negated: boolean
  readonly list: readonly Principal[]
}): string {
  const names = all.map(({ id }) => (id === '*' ? 'anybody' : id))
  return negated ? `everybody but ${list(names)}` : list(names)
}
