import fc from 'fast-check'
import t from 'tap'
import type { View } from '../../src/approval/expression.js'
import type { ApprovalRule } from '../../src/approval/rule.js'
import { standing } from '../../src/approval/standing.js'
import type { Identity } from '../../src/identity/caller.js'

const always = { source: 'true', reads: [], test: () => true }
const throwing = {
  source: 'caller.claims.nope',
  reads: [],
  test: (): boolean => {
    throw new Error('no such key')
  },
}

const rule = (name: string, votes: number, groups: readonly string[], distinct = false): ApprovalRule => ({
  name,
  when: always,
  votes,
  by: [{ groups }],
  within: 60_000,
  distinct,
  slack: true,
})

const voter = (subject: string, groups: readonly string[], kind: Identity['kind'] = 'person'): Identity => ({
  subject,
  issuer: 'https://login.example.com',
  kind,
  groups,
  claims: {},
})

// `by` in these tests looks at groups alone, or throws before it looks at anything.
const viewOf = (): View => ({}) as View
const met = (rules: readonly ApprovalRule[], voters: readonly Identity[]) =>
  standing(rules, voters, viewOf).met

t.test('how votes count', async (t) => {
  const leads = rule('leads', 1, ['leads'])
  const security = rule('security', 1, ['security'])
  const both = voter('ana', ['leads', 'security'])
  t.equal(met([leads], []), false)
  t.equal(met([leads], [voter('bob', ['engineers'])]), false)
  t.equal(met([leads, security], [both]), true, 'one vote counts for each requirement it satisfies')
  t.equal(met([leads, { ...security, distinct: true }], [both]), false, 'unless the rule is distinct')
  t.equal(met([{ ...leads, distinct: true }, security], [both]), false, 'whichever of the two it is')
  t.equal(met([leads, { ...security, distinct: true }], [both, voter('bob', ['leads'])]), true)
  t.equal(met([leads, { ...security, distinct: true }], [both, voter('bob', ['security'])]), true)
  t.equal(
    met([leads, { ...security, distinct: true }], [voter('bob', ['security']), both]),
    true,
    'in any order',
  )
  t.equal(met([rule('two', 2, ['leads'])], [both, both]), false, 'one person is one')
  t.equal(met([rule('two', 2, ['leads'])], [both, { ...both, issuer: 'https://other.example.com' }]), false)
  t.equal(met([leads], [voter('ci', ['leads'], 'workload')]), false, 'workloads never count')
  t.equal(met([{ ...leads, by: [] }], [both]), false, 'nobody described is nobody')
  t.equal(met([{ ...leads, by: [{ when: throwing }] }], [both]), false, 'a by that throws does not hold')
  t.equal(
    met([{ ...leads, votes: NaN }], [both, voter('bob', ['leads'])]),
    false,
    'a need that is no number is never met',
  )
  t.equal(met([], []), true)
  t.throws(() => met([leads], [new Proxy(both, { get: () => raise() })]), 'only the rule is guarded')
  t.same(standing([rule('two', 2, ['leads']), security], [both], viewOf), {
    met: false,
    each: [
      { rule: 'two', have: 1, need: 2 },
      { rule: 'security', have: 1, need: 1 },
    ],
  })
})

const raise = (): never => {
  throw new Error('unreachable')
}

const group = fc.constantFrom('a', 'b', 'c', 'd')
const someRules = fc.array(
  fc
    .record({ votes: fc.integer({ min: 1, max: 3 }), group, distinct: fc.boolean() })
    .map(({ votes, group, distinct }) => rule(`${group}${votes}`, votes, [group], distinct)),
  { maxLength: 4 },
)
const someVoters = fc
  .array(fc.uniqueArray(group, { maxLength: 4 }), { maxLength: 5 })
  .map((list) => list.map((groups, at) => voter(`p${at}`, groups)))

/** The definition, tried out in full: each person counts for all the shared rules, or for one distinct one. */
function byDefinition(rules: readonly ApprovalRule[], voters: readonly Identity[]): boolean {
  const holds = ({ by }: ApprovalRule, { groups }: Identity) =>
    by.some((who) => who.groups?.some((g) => groups.includes(g)))
  const left = (needs: readonly number[], rest: readonly Identity[]): boolean => {
    const [first, ...others] = rest
    if (!first) return needs.every((need) => need <= 0)
    const uses = [
      rules.map((each) => !each.distinct && holds(each, first)),
      ...rules.map((each, at) =>
        rules.map((_, place) => place === at && each.distinct && holds(each, first)),
      ),
    ]
    return uses.some((use) =>
      left(
        needs.map((need, at) => (use[at] ? need - 1 : need)),
        others,
      ),
    )
  }
  return left(
    rules.map(({ votes }) => votes),
    voters,
  )
}

t.test('properties of standing', async (t) => {
  fc.assert(
    fc.property(someRules, someVoters, (rules, voters) => met(rules, voters) === byDefinition(rules, voters)),
    { numRuns: 400 },
  )
  t.pass('it is what the definition says')
  fc.assert(
    fc.property(someRules, someVoters, fc.uniqueArray(group), (rules, voters, groups) => {
      return !met(rules, voters) || met(rules, [...voters, voter('late', groups)])
    }),
  )
  t.pass('a further vote never unmeets')
  fc.assert(
    fc.property(someRules, someVoters, (rules, voters) => {
      const answer = met(rules, voters)
      return met(rules, voters.toReversed()) === answer && met(rules, [...voters, ...voters]) === answer
    }),
  )
  t.pass('neither order nor repetition matters')
  fc.assert(
    fc.property(someRules, someVoters, (rules, voters) => {
      const { each, met } = standing(rules, voters, viewOf)
      return met === each.every(({ have, need }) => have === need) && each.every(({ have }) => have >= 0)
    }),
  )
  t.pass('what is shown is what is decided')
  const crowd = Array.from({ length: 40 }, (_, at) => voter(`p${at}`, ['a', 'b', 'c', 'd']))
  const many = ['a', 'b', 'c', 'd'].map((name) => rule(name, 5, [name], name !== 'a'))
  t.equal(met(many, crowd), true, 'many voters over many rules')
  t.equal(met(many, crowd.slice(0, 19)), false)
  t.equal(met(many, crowd.slice(0, 20)), true)
})
