import t from 'tap'
import fc from 'fast-check'
import { actionFault, actionWithin, sameAction } from '../../src/iam/action.js'
import { arnFault, arnWithin, parseArn } from '../../src/iam/arn.js'
import { contains } from '../../src/iam/containment.js'
import type { PolicyStatement } from '../../src/iam/document.js'
import { evaluate } from '../../src/iam/evaluate.js'
import { nearest } from '../../src/iam/nearest.js'
import { glob, matches, overlaps, within } from '../../src/iam/pattern.js'
import { withinAny } from '../../src/iam/pattern-union.js'

const runs = { numRuns: 5_000 }
/** Few letters, so that patterns meet. */
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'z'), maxLength: 9 })

/** A reading of patterns so plain that it must be right; exponential, for short words only. */
function plainly(p: string, text: string): boolean {
  if (p === '') return text === ''
  if (p[0] === '*') return plainly(p.slice(1), text) || (text !== '' && plainly(p, text.slice(1)))
  return text !== '' && (p[0] === '?' || p[0] === text[0]) && plainly(p.slice(1), text.slice(1))
}

/** Words of the pattern's own language: each `*` and `?` filled in. */
const wordOf = (p: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...[...p].map((c) =>
        c === '*'
          ? fc.string({ unit: fc.constantFrom('a', 'b', 'z'), maxLength: 3 })
          : c === '?'
            ? fc.constantFrom('a', 'b', 'z')
            : fc.constant(c),
      ),
    )
    .map((parts) => parts.join(''))

t.test('matches', async (t) => {
  for (const [p, text, expected] of [
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['a*', 'a', true],
    ['a?', 'a', false],
    ['*b', 'abab', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*a*a*', 'a', false],
    ['INC-????', 'INC-1234', true],
    ['INC-????', 'INC-123', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['\\', '\\', true],
  ] as const) {
    t.equal(matches(p, text), expected, `${p} ~ ${text}`)
    t.equal(glob(p, text), expected)
  }
  t.ok(matches('s3:get*', 'S3:GetObject', { fold: true }))
  t.notOk(matches('s3:get*', 'S3:GetObject'))
  t.notOk(matches('k', '\u212a', { fold: true }), 'a Kelvin sign is no k')
  fc.assert(
    fc.property(pattern, word, (p, text) => matches(p, text) === plainly(p, text)),
    runs,
  )
})

t.test('crafted patterns end', async (t) => {
  const long = 'a'.repeat(100_000)
  t.notOk(matches('*a*a*a*a*b', long))
  t.notOk(matches(`${'*a'.repeat(500)}b`, long))
  t.notOk(matches(`*${'a'.repeat(200)}b`, long))
  t.ok(matches('*a*a*a*a*b', `${long}b`))
  t.notOk(within(`${'a?*'.repeat(600)}`, `${'*a'.repeat(900)}b`))
  t.ok(within('a*'.repeat(700), '*a'.repeat(700) + '*'))
  t.notOk(overlaps('*a'.repeat(700) + 'b', 'a?*'.repeat(700) + 'c'))
})

t.test('property: whatever the patterns, no comparison runs away', async () => {
  const unit = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', ':', '/'), minLength: 1, maxLength: 4 })
  const long = fc.tuple(unit, fc.integer({ min: 1, max: 250 })).map(([one, times]) => one.repeat(times))
  const arn = (rest: string): string => `arn:aws:s3:::${rest}`
  const statement = (effect: 'Allow' | 'Deny', texts: readonly string[]): PolicyStatement => ({
    at: '',
    effect,
    actions: { negated: false, patterns: ['s3:*'] },
    resources: { negated: false, patterns: texts.map(arn) },
    conditions: { StringLike: { 'aws:PrincipalTag/team': texts } },
  })
  fc.assert(
    fc.property(long, long, long, (a, b, c) => {
      const text = a.replace(/[*?]/g, 'a')
      const document = { version: '2012-10-17', statements: [statement('Allow', [b, c])] } as const
      const request = { action: 's3:x', resource: arn(text), context: { 'aws:PrincipalTag/team': text } }
      matches(b, text)
      within(a, b)
      overlaps(a, b)
      withinAny(a, [b, c])
      nearest(a, [b, c])
      evaluate({ kind: 'identity', ...document }, request)
      contains(document, { ...document, statements: [statement('Allow', [a]), statement('Deny', [c])] })
      return true
    }),
    { numRuns: 100 },
  )
})

t.test('within', async (t) => {
  for (const [inner, outer, expected] of [
    ['', '', true],
    ['', '*', true],
    ['a', '?', true],
    ['?', 'a', false],
    ['*', '*', true],
    ['*', '?*', false],
    ['*?', '?*', true],
    ['?**?', '*??', true],
    ['*', '?', false],
    ['a*', 'a*', true],
    ['a*b', 'a*', true],
    ['a*', 'a*b', false],
    ['*y', '?*', true],
    ['x*y', '*?y', true],
    ['ab*', 'a?*', true],
    ['a*', 'a?*', false],
    ['a*', '*a*', true],
    ['a*a', 'a*a', true],
    ['aa', 'a*a', true],
    ['a', 'a*a', false],
    ['*aa*', '?*a*', true],
    ['*ab*', '*a*b*', true],
    ['*a*b*', '*ab*', false],
    ['A', 'a', false],
  ] as const) {
    t.equal(within(inner, outer), expected, `${inner} within ${outer}`)
  }
  t.ok(within('S3:getObject', 's3:Get*', { fold: true }))

  const pairs = fc.tuple(pattern, pattern)
  let proved = 0
  fc.assert(
    fc.property(
      pairs.chain(([i, o]) => fc.tuple(fc.constant(i), fc.constant(o), wordOf(i))),
      ([i, o, text]) => {
        if (!within(i, o)) return true
        proved++
        return plainly(i, text) && plainly(o, text)
      },
    ),
    { numRuns: 20_000 },
  )
  t.ok(proved > 500, `sound on ${proved} inclusions`)
  fc.assert(
    fc.property(pattern, (p) => within(p, p) && within(p, '*')),
    runs,
  )
  fc.assert(
    fc.property(pattern, word, (p, text) => within(text, p) === plainly(p, text)),
    runs,
  )
})

t.test('within misses next to nothing', async (t) => {
  // Every word up to six letters refutes what is no inclusion of patterns as short as these.
  const letters = ['a', 'b', 'z']
  const words = ['']
  for (let i = 0; i < words.length && (words[i] as string).length < 6; i++) {
    for (const letter of letters) words.push(words[i] + letter)
  }
  const patterns = ['']
  for (let i = 0; i < patterns.length && (patterns[i] as string).length < 3; i++) {
    for (const c of ['a', 'b', '?', '*']) patterns.push(patterns[i] + c)
  }
  const languages = patterns.map((p) => new Set(words.filter((text) => plainly(p, text))))
  const wrong: string[] = []
  patterns.forEach((inner, i) =>
    patterns.forEach((outer, o) => {
      const truth = [...(languages[i] ?? [])].every((text) => languages[o]?.has(text))
      if (within(inner, outer) !== truth) wrong.push(`${inner} within ${outer} is ${truth}`)
    }),
  )
  t.strictSame(wrong, [])
})

t.test('overlaps', async (t) => {
  t.ok(overlaps('iam:*', '*'))
  t.ok(overlaps('s3:List*', 's3:ListAllMyBuckets'))
  t.notOk(overlaps('s3:Get*', 's3:List*'))
  t.ok(overlaps('s3:*PublicAccessBlock', 's3:GetAccountPublic*'))
  fc.assert(
    fc.property(
      pattern,
      pattern,
      word,
      (a, b, text) => overlaps(a, b) || !(plainly(a, text) && plainly(b, text)),
    ),
    runs,
  )
  fc.assert(
    fc.property(pattern, word, (p, text) => overlaps(p, text) === plainly(p, text)),
    runs,
  )
})

t.test('actions', async (t) => {
  for (const good of [
    '*',
    's3:*',
    's3:Get*',
    'S3:GetObject',
    'dynamodb:?etItem',
    'route53-recovery-cluster:Get*',
  ]) {
    t.equal(actionFault(good), undefined, good)
  }
  for (const bad of [
    '',
    's3',
    's3:',
    ':Get',
    's3:Get:Object',
    's*:Get',
    '*:*',
    '?',
    's3:Get Object',
    's3:Get\n',
    's3:G\u0435t',
    's3:${aws:username}',
    's3:Get"',
    `s3:${'a'.repeat(200)}`,
  ]) {
    t.match(actionFault(bad), /\.$/, JSON.stringify(bad))
  }
  t.ok(sameAction('s3:getobject', 'S3:GetObject'))
  t.ok(actionWithin('s3:GETOBJECT', 's3:Get*'))
  t.notOk(actionWithin('*', 's3:*'))
})

t.test('ARNs', async (t) => {
  for (const good of [
    '*',
    'arn:aws:s3:::bucket/*',
    'arn:aws-cn:sqs:cn-north-1:123456789012:queue',
    'arn:aws-us-gov:dynamodb:*:123456789012:table/a?',
    'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'arn:aws:logs:us-east-1:*:log-group:/a:*',
    'arn:aws:s3:::bucket/a key',
  ]) {
    t.equal(arnFault(good), undefined, good)
  }
  for (const [bad, why] of [
    ['', /empty/],
    ['bucket', /start with arn:/],
    ['**', /start with arn:/],
    ['arn:*', /six parts/],
    ['arn:aws:s3::', /six parts/],
    ['arn:aws:s3:::', /names no resource/],
    ['ARN:aws:s3:::b', /start with arn:/],
    ['arn:*:s3:::b', /partition/],
    ['arn:amazon:s3:::b', /partition/],
    ['arn:aws:*:::b', /service/],
    ['arn:aws:S3:::b', /service/],
    ['arn:aws::::b', /service/],
    ['arn:aws:sqs:US-EAST-1:123456789012:q', /region/],
    ['arn:aws:sqs:us-east-1:12345:q', /twelve/],
    ['arn:aws:sqs:us-east-1:{account}:q', /twelve/],
    ['arn:aws:s3:::b/${aws:username}', /policy variable/],
    ['arn:aws:s3:::b/\u0430', /ASCII/],
    ['arn:aws:s3:::b/\u0000', /ASCII/],
    ['arn:aws:s3:::b/a\n', /ASCII/],
    ['arn:aws:s3:::b ', /space/],
    [`arn:aws:s3:::${'b'.repeat(2_000)}`, /longer/],
  ] as const) {
    t.match(arnFault(bad), why, JSON.stringify(bad))
  }
  t.strictSame(parseArn('arn:aws:logs:eu-west-1:1:log-group:a:*'), {
    partition: 'aws',
    service: 'logs',
    region: 'eu-west-1',
    account: '1',
    resource: 'log-group:a:*',
  })
})

t.test('ARN containment', async (t) => {
  const table = 'arn:aws:dynamodb:*:123456789012:table/x'
  t.ok(arnWithin('arn:aws:dynamodb:us-east-1:123456789012:table/x', table))
  const smuggled = 'arn:aws:dynamodb:us-east-1:123456789012:table/y:123456789012:table/x'
  t.ok(matches(table, smuggled), 'as one text it seems to match')
  t.notOk(arnWithin(smuggled, table), 'a wildcard in the region does not swallow the account')
  t.notOk(arnWithin('*', 'arn:aws:s3:::*'))
  t.ok(arnWithin('arn:aws:s3:::*', '*'))
  t.ok(arnWithin('arn:aws:logs:us-east-1:1:log-group:/a:stream:*', 'arn:aws:logs:us-east-1:1:log-group:/a*'))
  t.notOk(arnWithin('arn:aws:s3:::Bucket', 'arn:aws:s3:::bucket'), 'with regard to case')
  t.notOk(arnWithin('nonsense', 'nonsense'))

  // Containment part by part must also hold where the whole is read as one text.
  const part = fc.string({ unit: fc.constantFrom('a', '*', '?', ':'), maxLength: 4 })
  const arn = fc
    .tuple(part, part)
    .map(([region, rest]) => `arn:aws:x:${region.replaceAll(':', '')}:1:${rest}`)
  fc.assert(
    fc.property(
      fc.tuple(arn, arn).chain(([i, o]) => fc.tuple(fc.constant(i), fc.constant(o), wordOf(i))),
      ([i, o, text]) => !arnWithin(i, o) || matches(o, text),
    ),
    runs,
  )
})

t.test('the nearest', async (t) => {
  t.equal(nearest('user-session-prod', ['orders', 'user-sessions-prod', 'user']), 'user-sessions-prod')
  t.equal(nearest('dynamodb:getitems', ['dynamodb:GetItem', 'dynamodb:PutItem']), 'dynamodb:GetItem')
  t.equal(nearest('a', []), undefined)
  t.equal(nearest('b'.repeat(100_000), ['c'.repeat(100_000), 'b']), 'c'.repeat(100_000))
})
