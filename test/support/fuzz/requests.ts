import fc from 'fast-check'
import { people, type Person } from '../stint.js'
import type { Contract, Operation } from './contract.js'
import { spoiled, valuesOf } from './values.js'
import { hostileText } from './words.js'

export type Caller = Person | 'job' | { readonly token: string } | 'nobody'

/** A request as it goes out, but for what `<grant:0>` and `<key:0>` will stand for by then. */
export interface Recipe {
  readonly operation: Operation
  readonly as: Caller
  readonly method: string
  /** Path and query, in percent-encoding. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: { readonly text: string; readonly encoding: 'utf8' | 'latin1' }
  /** Signed as Slack does, when it is sent: for that moment, for one long over, or by who does not know how. */
  readonly slack?: 'now' | 'long ago' | 'by others'
}

/** Of a hundred. Most are near enough to get past the first refusal: what lies behind it is where faults hide. */
const often = <T>(percent: number, rare: fc.Arbitrary<T>, usual: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: percent, arbitrary: rare }, { weight: 100 - percent, arbitrary: usual })

const junkTokens = [
  '',
  'junk',
  'a.b.c',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbmEifQ.',
  `${'A'.repeat(9_000)}.e30.x`,
  'eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.e30.AAAA',
]
const callers: fc.Arbitrary<Caller> = fc.oneof(
  {
    weight: 24,
    arbitrary: fc.constantFrom<Caller>(
      ...(Object.keys(people) as Person[]),
      'ana',
      'ana',
      'ana',
      'bo',
      'job',
    ),
  },
  { weight: 1, arbitrary: fc.constant<Caller>('nobody') },
  { weight: 1, arbitrary: fc.constantFrom(...junkTokens).map((token): Caller => ({ token })) },
)

/** Encoded but for the marks of what is filled in later, which are no text that a value could hold by chance. */
const encode = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).replaceAll(/%3C(grant|key)%3A(\d)%3E/g, '<$1:$2>')

const rawQueries = [
  '',
  '?',
  '%',
  '%ff',
  'a=1',
  'limit=1&limit=2',
  '__proto__=1',
  'limit[]=1',
  'wait',
  '&&&',
  'x=%00',
]

function targets(contract: Contract, operation: Operation): fc.Arbitrary<string> {
  const named = (place: string) => operation.parameters.filter((parameter) => parameter.in === place)
  const value = ({ schema, name }: Operation['parameters'][number]) =>
    often(6, fc.constantFrom<unknown>(...hostileText), valuesOf(contract, schema, name))
  const text = (part: unknown): string => (typeof part === 'string' ? part : JSON.stringify(part ?? ''))
  const path = fc
    .tuple(
      ...named('path').map((parameter) => value(parameter).map((part) => [parameter.name, part] as const)),
    )
    .map((parts) =>
      parts.reduce((path, [name, part]) => path.replace(`{${name}}`, encode(text(part))), operation.path),
    )
  const pairs = named('query').map((parameter) =>
    fc
      .option(value(parameter), { freq: parameter.required ? 20 : 1 })
      .map((part) =>
        part === null ? [] : [part].flat().map((one) => `${parameter.name}=${encode(text(one))}`),
      ),
  )
  const query = often(
    4,
    fc.constantFrom(...rawQueries),
    fc.tuple(...pairs).map((all) => all.flat().join('&')),
  )
  return fc.tuple(path, query).map(([path, query]) => (query === '' ? path : `${path}?${query}`))
}

const addresses = [
  '',
  '10.0.0.1',
  '::1',
  '203.0.113.7, 203.0.113.8',
  'nonsense',
  '010.1.2.3',
  '203.0.113.7:80',
]
const oddHeaders: readonly Readonly<Record<string, string>>[] = [
  { 'content-encoding': 'gzip' },
  { 'transfer-encoding': 'chunked' },
  { expect: 'the-unexpected' },
  { 'x-http-method-override': 'DELETE' },
  { 'accept-encoding': 'gzip, br' },
  { range: 'bytes=0-1' },
  { 'if-none-match': '*' },
  { cookie: 'a=b' },
  { 'x-forwarded-host': 'evil.example.com', 'x-forwarded-proto': 'https' },
  { 'x-many': 'y'.repeat(20_000) },
]

function headersOf(contract: Contract, operation: Operation): fc.Arbitrary<Record<string, string>> {
  const forms = [...operation.responses]
    .filter(([status]) => status < 300)
    .flatMap(([, { content }]) => Object.keys(content))
  const accept = often(
    8,
    fc.constantFrom(
      'application/problem+json',
      'text/html',
      '',
      ';;;',
      '*/*;q=0',
      'application/json;q=x',
      ','.repeat(500),
    ),
    fc.constantFrom('*/*', ...forms),
  )
  const own = operation.parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name, schema }) =>
      fc
        .option(often(50, fc.constantFrom<unknown>('one', 'two'), valuesOf(contract, schema, name)))
        .map((value) => (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) ? { [name]: value } : {})),
    )
  const from = often(5, fc.constantFrom(...addresses), fc.constant('203.0.113.7'))
  return fc
    .tuple(accept, from, often(6, fc.constantFrom(...oddHeaders), fc.constant({})), ...own)
    .map(([accept, address, odd, ...more]) =>
      Object.assign({ accept, 'x-forwarded-for': address }, odd, ...more),
    )
}

const rawBodies = [
  '',
  'null',
  '[]',
  '"x"',
  '{',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  `{"reason":${'['.repeat(40)}${']'.repeat(40)}}`,
  `{"reason":"${'x'.repeat(70_000)}"}`,
  '\xff\xfe{}',
  '\ufeff{}',
  '{"role":"\\ud800"}',
]

function bodiesOf(contract: Contract, operation: Operation): fc.Arbitrary<Recipe['body']> {
  const raw = fc.record({
    text: fc.constantFrom(...rawBodies),
    encoding: fc.constantFrom('utf8' as const, 'latin1' as const),
  })
  const media = Object.values(operation.body ?? {})
  if (media.length === 0) return often<Recipe['body']>(5, raw, fc.constant(undefined))
  const made = fc.oneof(...media.map(({ schema = {} }) => valuesOf(contract, schema, '')))
  const examples = media.flatMap((one) => contract.examples(one))
  const values =
    examples.length === 0
      ? made
      : // Made anew each time: what is spoiled is spoiled in place.
        often(
          50,
          fc.constantFrom(...examples).map((example) => structuredClone(example)),
          made,
        )
  const text = often(20, spoiled(values), values).map((value) => JSON.stringify(value) ?? '')
  const cut = fc.tuple(text, fc.nat()).map(([whole, at]) => whole.slice(0, at % (whole.length + 1)))
  const json = often(3, cut, text).map((text) => ({ text, encoding: 'utf8' as const }))
  return often<Recipe['body']>(5, often(30, fc.constant(undefined), raw), json)
}

/** Requests to one operation, from all kinds of callers: well made, nearly so, and hostile. */
export function requestsTo(contract: Contract, operation: Operation): fc.Arbitrary<Recipe> {
  const types = [...Object.keys(operation.body ?? { 'application/json': {} })]
  const type = often(
    5,
    fc.constantFrom('text/plain', '', 'application/json; charset=latin1'),
    fc.constantFrom(...types),
  )
  return fc
    .record({
      as: callers,
      method: often(
        3,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
        fc.constant(operation.method),
      ),
      target: targets(contract, operation),
      headers: headersOf(contract, operation),
      body: bodiesOf(contract, operation),
      type,
    })
    .map(({ body, headers, type, ...rest }) => ({
      operation,
      ...rest,
      headers: { ...headers, ...(body && { 'content-type': type }) },
      ...(body && { body }),
    }))
}

/** One request for each example that the contract gives of an operation's body. */
export const wellMade = (contract: Contract, operation: Operation, as: Caller): readonly Recipe[] =>
  Object.entries(operation.body ?? {}).flatMap(([type, media]) =>
    contract.examples(media).map((example) => ({
      operation,
      as,
      method: operation.method,
      target: operation.path,
      headers: { 'content-type': type, 'x-forwarded-for': '203.0.113.7' },
      body: { text: JSON.stringify(example), encoding: 'utf8' },
    })),
  )
