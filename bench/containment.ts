// What the proof of an ask costs: whether 10 statements lie within a ceiling of 50, against reading the two
// documents from their text in the same run. And what it costs to look up one service, and all of them.
//
//   npm run bench -- containment
import { performance } from 'node:perf_hooks'
import { contains, type Options } from '../src/iam/containment.js'
import { parseDocument } from '../src/iam/document-read.js'
import type { PolicyDocument } from '../src/iam/document.js'
import { prefixes, serviceOf } from '../src/iam/services.js'

const warmUp = 100
const rounds = 500

const table = (name: string): string => `arn:aws:dynamodb:eu-west-1:123456789012:table/${name}`

const ceiling = Array.from({ length: 50 }, (_, i) => ({
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:BatchGet*', 'dynamodb:Query', 'dynamodb:Describe*'],
  Resource: [table(`app-${i}-*`), table(`app-${i}-*/index/*`)],
  Condition: {
    StringEquals: { 'aws:PrincipalTag/team': ['a', 'b', 'c'] },
    IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] },
  },
}))
const deny = { Effect: 'Deny', Action: 'dynamodb:*', Resource: table('prod-*') }

const ask = (of: number, more: object = {}) => ({
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:Query'],
  Resource: [table(`app-${of}-orders`), table(`app-${of}-orders/index/*`)],
  Condition: {
    StringEquals: { 'aws:PrincipalTag/team': 'b' },
    IpAddress: { 'aws:SourceIp': '10.20.0.0/16' },
  },
  ...more,
})

const text = (Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })

function read(policy: string): PolicyDocument {
  const document = parseDocument(policy, 'resource')
  if (!document.ok) throw new Error(JSON.stringify(document.faults))
  return document.document
}

const quantile = (times: readonly number[], q: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * q)] ?? NaN

/** Microseconds of each round, after as many as the compiler needs. */
function measure(work: () => unknown): readonly number[] {
  for (let i = 0; i < warmUp; i++) work()
  return Array.from({ length: rounds }, () => {
    const began = performance.now()
    work()
    return (performance.now() - began) * 1_000
  })
}

const principals = (statements: readonly object[]): readonly object[] =>
  statements.map((statement) => ({ ...statement, Principal: '*' }))
const all = text(principals([...ceiling, deny]))
const asks = (more?: object): string =>
  text(principals(Array.from({ length: 10 }, (_, i) => ask(i * 5, more))))

function report(name: string, times: readonly number[], base: number): number {
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  const ratio = Number.isNaN(base) ? '' : `   ${(p50 / base).toFixed(2)} times the reading`
  console.log(
    `${name.padEnd(44)} median ${p50.toFixed(0).padStart(6)} us   p99 ${p99.toFixed(0).padStart(6)} us${ratio}`,
  )
  return p50
}

const reading = report(
  'reading both from their text',
  measure(() => [read(all), read(asks())]),
  NaN,
)

function compare(name: string, request: string, expected: boolean, options: Options = {}): void {
  const [outer, inner] = [read(all), read(request)]
  if (contains(outer, inner, options).ok !== expected) throw new Error(`${name} went the other way`)
  report(
    name,
    measure(() => contains(outer, inner, options)),
    reading,
  )
}

compare('contained, each in one statement', asks(), true)
compare('contained, by the names of a pattern', asks({ Action: 'dynamodb:BatchGetI*' }), true, {
  documented: true,
})
compare('contained, values over all of the list', asks({ Action: 'dynamodb:Describe*' }), true)
compare(
  'not contained: one action too many',
  asks({ Action: ['dynamodb:GetItem', 'dynamodb:PutItem'] }),
  false,
)
compare('not contained: a condition is missing', asks({ Condition: {} }), false)
compare('not contained: crafted patterns', asks({ Resource: table('app-*a*-*b*-*c*-*d*-?') }), false)

const began = performance.now()
serviceOf('quicksight')
const one = performance.now()
for (const prefix of prefixes) serviceOf(prefix)
const share = (performance.now() - one) / (one - began)
console.log(
  `looking up all ${prefixes.length} services costs ${share.toFixed(0)} times what one of the larger ones does`,
)
