import fc from 'fast-check'
import type { Request, StatementJson } from '../support/iam-evaluate.js'

type ConditionJson = NonNullable<StatementJson['Condition']>

type Operation = readonly [operator: string, values: readonly string[]]

/** A condition and what narrows it: whoever meets one of those meets the condition. */
interface Row {
  readonly key: string
  readonly wide: Operation
  readonly narrow: readonly Operation[]
}

function row(key: string, wide: string, ...narrow: readonly string[]): Row {
  const read = (text: string): Operation => {
    const [operator = '', ...values] = text.split(' ')
    return [operator, values]
  }
  return { key, wide: read(wide), narrow: narrow.map(read) }
}

const team = 'aws:PrincipalTag/team'
const address = 'aws:SourceIp'
const time = 'aws:CurrentTime'
const tags = 'aws:TagKeys'
const topic = 'arn:aws:sns'

const rows: readonly Row[] = [
  row(team, 'StringEquals a b ab', 'StringEquals b', 'StringEquals a ab'),
  row(team, 'StringLike a* b', 'StringLike ab*', 'StringLike a?* a', 'StringEquals a b'),
  row(
    team,
    'StringNotEquals a',
    'StringNotEquals a b',
    'StringNotLike a*',
    'StringEquals b ab',
    'StringLike b*',
  ),
  row(team, 'StringEqualsIfExists a b', 'StringEquals a', 'StringEqualsIfExists b', 'Null true'),
  row(team, 'StringEqualsIgnoreCase A b', 'StringEquals a', 'StringEqualsIgnoreCase B'),
  row(team, 'Null false', 'StringLike *', 'StringEquals a', 'Null false'),
  row(
    address,
    'IpAddress 10.0.0.0/8 2001:db8::/32',
    'IpAddress 10.1.0.0/16 10.2.3.4',
    'IpAddress 2001:db8:1::/48',
  ),
  row(address, 'NotIpAddress 10.1.0.0/16', 'NotIpAddress 10.0.0.0/8', 'IpAddress 10.2.0.0/16'),
  row(
    's3:max-keys',
    'NumericLessThan 10',
    'NumericLessThan 5',
    'NumericLessThanEquals 9',
    'NumericEquals 3 4',
  ),
  row(
    time,
    'DateLessThanEquals 2026-06-01T00:00:00Z',
    'DateLessThan 2026-06-01T00:00:00Z',
    'DateLessThan 2026-01-01',
  ),
  row('aws:SecureTransport', 'BoolIfExists true', 'Bool true', 'BoolIfExists true'),
  row(tags, 'ForAllValues:StringLike a* b', 'ForAllValues:StringEquals a b', 'ForAllValues:StringLike ab*'),
  row(tags, 'ForAnyValue:StringEquals a b', 'ForAnyValue:StringEquals a'),
  row(
    'aws:SourceArn',
    `ArnLike ${topic}:*:1:a*`,
    `ArnEquals ${topic}:eu-west-1:1:ab`,
    `ArnLike ${topic}:eu-*:1:a?*`,
    `StringEquals ${topic}:eu-west-1:1:a`,
  ),
]

const condition = ([operator, values]: Operation, key: string): ConditionJson => ({
  [operator]: { [key]: values },
})

const join = (a: ConditionJson = {}, b: ConditionJson = {}): ConditionJson =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [name, { ...a[name], ...b[name] }]),
  )

/** Any condition of the table, wide or narrow. */
export const anyCondition: fc.Arbitrary<ConditionJson> = fc
  .constantFrom(...rows)
  .chain((of) => fc.constantFrom(of.wide, ...of.narrow).map((one) => condition(one, of.key)))

const actionWords = [
  's3:GetObject',
  's3:Get*',
  's3:*',
  's3:PutObject',
  's3:?etObject',
  'sqs:SendMessage',
  'sqs:*',
  '*',
]
const resourceWords = [
  '*',
  'arn:aws:s3:::a*',
  'arn:aws:s3:::ab/*',
  'arn:aws:s3:::b',
  'arn:aws:s3:::?b*',
  'arn:aws:sqs:*:1:a*',
  'arn:aws:sqs:eu-west-1:1:ab',
]
const some = <T>(...items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 3 })

/** `Action` or `Resource`, or now and then its negation. */
const element = (name: string, words: readonly string[]): fc.Arbitrary<object> =>
  fc
    .tuple(fc.integer({ min: 0, max: 5 }), some(...words))
    .map(([dice, value]) => ({ [dice === 0 ? `Not${name}` : name]: value }))

export const anyStatement: fc.Arbitrary<StatementJson> = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    what: element('Action', actionWords),
    where: element('Resource', resourceWords),
    conditions: fc.array(anyCondition, { maxLength: 2 }),
  })
  .map(({ Effect, what, where, conditions }) => ({
    Effect,
    ...what,
    ...where,
    ...(conditions.length > 0 && { Condition: conditions.reduce(join) }),
  }))

const fill = (pattern: string): fc.Arbitrary<string> =>
  pattern === '*'
    ? fc.constantFrom(...resourceWords)
    : fc.constantFrom(
        pattern,
        pattern.replace('*', 'b'),
        pattern.replace('*', 'b*'),
        pattern.replace('?', 'a'),
      )

const narrowAction = (pattern: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    ...({ '*': actionWords, 's3:*': actionWords.slice(0, 5), 's3:Get*': ['s3:GetObject', 's3:GetB*'] }[
      pattern
    ] ?? [pattern]),
  )

/** An allow of the ceiling, with the rows of its conditions so that these can be narrowed. */
interface Wide {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly rows: readonly Row[]
}

const wide: fc.Arbitrary<Wide> = fc.record({
  actions: some(...actionWords),
  resources: some(...resourceWords),
  rows: fc.uniqueArray(fc.constantFrom(...rows), { maxLength: 2, selector: ({ key }) => key }),
})

const statementOf = ({ actions, resources, rows: conditions }: Wide): StatementJson => ({
  Effect: 'Allow',
  Action: actions,
  Resource: resources,
  ...(conditions.length > 0 && {
    Condition: conditions.map((row) => condition(row.wide, row.key)).reduce(join),
  }),
})

/** A statement that lies within `of` by construction: fewer, narrower, and under more conditions. */
function narrowed(of: Wide): fc.Arbitrary<StatementJson> {
  const pick = (items: readonly string[], by: (item: string) => fc.Arbitrary<string>) =>
    fc.array(fc.constantFrom(...items).chain(by), { minLength: 1, maxLength: 3 })
  const kept = fc.tuple(
    ...of.rows.map((row) => fc.constantFrom(row.wide, ...row.narrow).map((one) => condition(one, row.key))),
  )
  const free = rows.filter(({ key }) => !of.rows.some((row) => row.key === key))
  const more = fc.option(fc.constantFrom(...free).map((row) => condition(row.wide, row.key)))
  return fc
    .tuple(pick(of.actions, narrowAction), pick(of.resources, fill), kept, more)
    .map(([Action, Resource, conditions, added]) => {
      const all = [...conditions, ...(added ? [added] : [])]
      return { Effect: 'Allow', Action, Resource, ...(all.length > 0 && { Condition: all.reduce(join) }) }
    })
}

/** A ceiling, and a request that lies within it by construction. */
export const containedPair: fc.Arbitrary<
  readonly [ceiling: readonly StatementJson[], request: readonly StatementJson[]]
> = fc
  .tuple(fc.array(wide, { minLength: 1, maxLength: 4 }), fc.option(anyStatement))
  .chain(([allows, deny]) => {
    // What the ceiling denies, the request denies too.
    const denies = deny ? [{ ...deny, Effect: 'Deny' }] : []
    return fc.array(fc.constantFrom(...allows).chain(narrowed), { minLength: 1, maxLength: 3 }).map(
      (request) =>
        [
          [...allows.map(statementOf), ...denies],
          [...request, ...denies],
        ] as const,
    )
  })

const value = (...items: string[]) => fc.option(fc.constantFrom(...items), { nil: undefined })

/** Something tried, with any of the keys of the table in it or not. */
export const tried: fc.Arbitrary<Request> = fc
  .record({
    action: fc.constantFrom(
      's3:GetObject',
      's3:GetBucketAcl',
      's3:PutObject',
      'sqs:SendMessage',
      's3:SetObject',
    ),
    resource: fc.constantFrom(
      'arn:aws:s3:::a',
      'arn:aws:s3:::ab/b',
      'arn:aws:s3:::b',
      'arn:aws:s3:::bb',
      'arn:aws:sqs:eu-west-1:1:ab',
      'arn:aws:sqs:b:1:a',
    ),
    tag: value('a', 'b', 'ab', 'A', 'abb', 'c'),
    from: value('10.1.2.3', '10.2.3.4', '10.3.0.1', '2001:db8:1::1', '2001:db8:2::1', '11.0.0.1'),
    keys: value('3', '4', '5', '9', '9.5', '10'),
    at: value('2025-12-31T00:00:00Z', '2026-06-01T00:00:00Z', '2026-06-01T00:00:01Z'),
    secure: value('true', 'false'),
    tagged: fc.option(fc.array(fc.constantFrom('a', 'b', 'ab', 'c'), { maxLength: 3 }), { nil: undefined }),
    arn: value('arn:aws:sns:eu-west-1:1:a', 'arn:aws:sns:eu-west-1:1:ab', 'arn:aws:sns:us-east-1:1:b'),
  })
  .map(({ action, resource, tag, from, keys, at, secure, tagged, arn }) => {
    const context = {
      'aws:principaltag/team': tag,
      'aws:SourceIp': from,
      's3:max-keys': keys,
      'aws:CurrentTime': at,
      'aws:SecureTransport': secure,
      'aws:TagKeys': tagged,
      'aws:SourceArn': arn,
    }
    const present = Object.entries(context).filter(([, one]) => one !== undefined)
    return { action, resource, context: Object.fromEntries(present) as Request['context'] }
  })
