import fc from 'fast-check'
import { anyStatement } from '../../iam/policies.js'
import { account, people, table } from '../stint.js'

/**
 * What means something to a Stint under the usual rules, by the name of a field, a parameter or a schema. What is not
 * here is made from the schema alone. `<grant:2>` and `<key:0>` stand for what was seen by then, the newest first.
 */
export const words: Readonly<Record<string, readonly string[]>> = {
  RoleName: ['orders-debug', 'orders-debug', 'orders-repair', 'no-such-role'],
  Ulid: ['<grant:0>', '<grant:0>', '<grant:1>', '<grant:2>', '<grant:5>'],
  AccountId: [account, account, account, '999999999999'],
  RegionName: ['us-east-1', 'eu-west-1', 'ap-south-1'],
  WholeSubject: Object.keys(people).map((name) => `corp#${name}`),
  Subject: ['stint', 'corp#ana', 'corp#bo'],
  Duration: ['15m', '1h', '90m', '4h', '5h', '1s'],
  accessKeyId: ['<key:0>', '<key:3>'],
  reason: ['order 42 is stuck', 'because'],
  ticket: ['OPS-1', 'OPS-4711', 'none'],
  actions: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:*', '*', 's3:Get?bject'],
  action: ['dynamodb:GetItem', 's3:GetObject', 'iam:PassRole', 'sts:AssumeRole'],
  resources: [table('orders'), table('orders*'), table('order'), '*', 'arn:aws:s3:::a/*'],
  resource: [table('orders'), 'arn:aws:s3:::ab/c', '*'],
  context: ['aws:SourceIp', 'aws:CurrentTime', 'aws:PrincipalTag/team', 's3:prefix'],
  text: ['order', '42 stuck', 'because'],
}

const line = '\u202e\u2028'
const long = 'x'.repeat(5_000)

/** Text that somebody somewhere reads otherwise than it was meant. */
export const hostileText: readonly string[] = [
  '',
  ' ',
  '\0',
  `a${line}b`,
  '\ud800',
  'e\u0301\u0301\u0301',
  '😀',
  long,
  `${'a'.repeat(128)}*`,
  '*'.repeat(64),
  '${aws:username}',
  '{account}',
  '__proto__',
  'constructor',
  "'; DROP TABLE grants; --",
  '=HYPERLINK("http://x")',
  '%00',
  '../../etc/passwd',
  '<script>',
  'NaN',
  '-1',
  '1e309',
  '0x10',
  '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D',
  '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
  '2026-02-30T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '0000-01-01T00:00:00-23:59',
  '99999999999999999999d',
  '1d1d',
  'arn:aws:::::',
  'arn:aws:dynamodb:us-east-1:123456789012:table/\u0000',
  ':*',
  '*:*',
  '#',
  'corp#',
]

/** Of any type and size. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null], long),
  fc.constantFrom(...hostileText),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...hostileText), { maxLength: 60 }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** A policy document that is one, nearly one, or made of what is not. */
export const policy: fc.Arbitrary<object> = fc.record(
  {
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2008-10-17', '2020-01-01', ''),
    Id: fc.constantFrom(...hostileText),
    Statement: fc.oneof(
      { weight: 4, arbitrary: fc.array(anyStatement, { maxLength: 4 }) },
      { weight: 2, arbitrary: anyStatement },
      {
        weight: 1,
        arbitrary: fc.array(
          fc
            .tuple(
              anyStatement,
              fc.dictionary(
                fc.constantFrom('Principal', 'NotPrincipal', 'Effect', 'Action', 'Condition', 'Sid', 'Other'),
                hostileValue,
              ),
            )
            .map(([statement, odd]) => ({ ...statement, ...odd })),
          { maxLength: 3 },
        ),
      },
      { weight: 1, arbitrary: hostileValue },
    ),
  },
  { requiredKeys: ['Statement'] },
)
