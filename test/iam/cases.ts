import fc from 'fast-check'
import { compile } from '../../src/iam/session-policy.js'
import type { Bounds, Statement } from '../../src/iam/statement.js'
import { evaluate, type PolicyJson, type Request, type StatementJson } from '../support/iam-evaluate.js'

const notAfter = Date.UTC(2026, 10, 22, 12, 0, 0)
export const inside = { 'aws:CurrentTime': '2026-11-22T11:59:59Z', 'aws:RequestedRegion': 'eu-west-1' }
export const bounds: Bounds = { notAfter, regions: ['eu-west-1', 'us-east-1'] }
export const everything: PolicyJson = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}

/** The statements as they stand, without a compiler between. */
export const plain = (statements: readonly Statement[]): PolicyJson => ({
  Version: '2012-10-17',
  Statement: statements.map(({ actions, resources, conditions }): StatementJson => ({
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions && { Condition: conditions }),
  })),
})

export const judged = (session: PolicyJson, request: Request) =>
  evaluate({ session, role: everything }, request)

export const parsed = (statements: readonly Statement[], within: Bounds = bounds): PolicyJson => {
  const compiled = compile(statements, within)
  if (!compiled.ok) throw new Error(compiled.detail)
  return JSON.parse(compiled.json) as PolicyJson
}

// Few words, so that what is asked, what is allowed and what is tried meet often.
export const action = fc.constantFrom(
  's3:GetObject',
  's3:Get*',
  's3:*',
  's3:?etObject',
  'sqs:*',
  'sqs:SendMessage',
  'iam:*',
  '*',
  's3:g*t',
)
const tried = fc.constantFrom(
  's3:GetObject',
  'S3:getobject',
  's3:GetBucket',
  's3:SetObject',
  'sqs:SendMessage',
  'iam:GetRole',
)
const short = (...units: string[]): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...units), maxLength: 3 })
const accounts = ['', '123456789012', '100000000002']
const arnOf = (wild: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      short('a', 'b', ...wild),
      fc.constantFrom(...accounts, ...(wild.length > 0 ? ['*', '1*2', '1???????????'] : [])),
      short('a', 'b', ':', ...wild),
    )
    .map(([region, account, rest]) => `arn:aws:s3:${region}:${account}:x${rest}`)
export const resource = fc.oneof(
  { weight: 6, arbitrary: arnOf(['*', '?']) },
  { weight: 1, arbitrary: fc.constant('*') },
)
const named = arnOf([])
const conditions = fc.constantFrom<Statement['conditions'][]>(
  undefined,
  { StringEquals: { 'x:k': ['v'] } },
  { StringNotLike: { 'x:k': ['v*', 'w'] } },
)
export const list = <T>(items: fc.Arbitrary<T>, maxLength = 3) => fc.array(items, { minLength: 1, maxLength })
export const statement: fc.Arbitrary<Statement> = fc
  .record({ actions: list(action), resources: list(resource), conditions })
  .map(({ conditions: with_, ...rest }) => ({ ...rest, ...(with_ && { conditions: with_ }) }))
export const statements = list(statement, 4)

/** What a request carries beyond the bounds. */
const extra = fc.constantFrom<Record<string, string>>({}, { 'x:k': 'v' }, { 'x:k': 'vw' }, { 'x:k': 'x' })

/** A request made of the patterns at hand, so that it is often allowed. */
export const requestFor = (of: readonly Statement[]): fc.Arbitrary<Request> => {
  const filled = (pattern: string) =>
    fc.array(short('a', 'b'), { minLength: 6, maxLength: 6 }).map((fill) => {
      let next = 0
      const text = pattern.replace(/[*?]/g, (c) => (c === '*' ? (fill[next++ % 6] ?? '') : 'a'))
      return text
    })
  const resources = of.flatMap(({ resources: each }) => each).filter((text) => text !== '*')
  return fc.record({
    action: tried,
    resource: resources.length > 0 ? fc.oneof(named, fc.constantFrom(...resources).chain(filled)) : named,
    context: extra.map((more) => ({ ...inside, ...more })),
  })
}
