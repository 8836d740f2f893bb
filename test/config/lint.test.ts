import t from 'tap'
import { standing } from '../../src/config/lint.js'
import { loadConfig } from '../../src/config/load.js'
import { but, faultsOf, good } from './good.js'

const actions = 'actions: [dynamodb:GetItem]'
const end = Date.parse('2027-06-30T23:59:59.999Z')

/** The good file with another ceiling for its role, and these exceptions. */
const file = (ceiling: string, exceptions = '') =>
  `${but(['- actions: [dynamodb:GetItem]\n        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders"]', ceiling])}cost: { by: { groups: [leads] } }\n${exceptions}`
const load = (text: string) => loadConfig({ file: text, env: {} })

const passing = `- actions: [iam:PassRole]
        resources: ["arn:aws:iam::{account}:role/*"]`
const reading = `- actions: [dynamodb:GetItem, dynamodb:GetItems]
        resources: ["arn:aws:dynamodb:us-east-1:{account}:table/orders"]
      - actions: [s3:GetObject]
        resources: ["arn:aws:s3:::shop/*"]
        conditions: { StringLike: { "s3:prefix": orders/* } }`
const accept = (rule: string, more = '') => `
exceptions:
  - { rule: ${rule}, roles: [debug], because: It is what this role is for., until: "2027-06-30"${more} }
`

t.test('an error in a ceiling is a fault of the file, with its place and the way to accept it', async (t) => {
  t.strictSame(load(good).findings, [])
  const [fault, ...others] = faultsOf(file(passing))
  t.strictSame(others, [])
  t.match(fault, {
    path: 'roles.debug.ceiling[0]',
    line: 29,
    column: 9,
    message: /iam:PassRole is allowed on any role.*accept it under exceptions \(rule: pass-any-role\)/,
  })
})

t.test('warnings are told, where they are', async (t) => {
  const found = load(file(reading)).findings
  t.match(found, [
    {
      role: 'debug',
      code: 'unknown-action',
      level: 'warn',
      path: ['roles', 'debug', 'ceiling', 0, 'actions', 1],
    },
    {
      code: 'unused-condition-key',
      path: ['roles', 'debug', 'ceiling', 1, 'conditions', 'StringLike', 's3:prefix'],
      line: 33,
    },
  ])
  t.equal(found.length, 2, 'once, though the role is in two accounts')
  const twice = load(
    file(reading.replace('dynamodb:GetItem, dynamodb:GetItems', 'dynamodb:GetItems')),
  ).findings
  t.strictSame(twice[0]?.path, ['roles', 'debug', 'ceiling', 0, 'actions', 0])
  const dead = load(file(`${reading}\n      - { actions: [s3:GetObject], resources: ["*"] }`)).findings
  t.match(
    dead.find(({ code }) => code === 'dead-statement'),
    {
      path: ['roles', 'debug', 'ceiling', 1],
      detail: /allowed by ceiling\[2\]/,
    },
  )
})

t.test('an exception accepts until its day is over, and never stops a broker after it', async (t) => {
  const { findings } = load(file(passing, accept('pass-any-role')))
  t.match(findings, [
    { code: 'pass-any-role', level: 'error', exception: { because: /what this role is for/ } },
  ])
  const [finding] = findings
  t.equal(standing(finding!, end), 'allowed', 'to its last moment')
  t.equal(standing(finding!, end + 1), 'error')

  t.equal(faultsOf(file(passing, accept('pass-any-role').replace('debug', 'd*'))).length, 0, 'by a glob')
  t.match(
    faultsOf(file(passing, accept('assume-any-role'))),
    [{ message: /pass-any-role/ }],
    'of another rule',
  )
  const longest = `${accept('pass-any-role')}${accept('pass-any-role').split('\n')[2]?.replace('2027', '2029')}\n`
  t.equal(standing(load(file(passing, longest)).findings[0]!, end + 1), 'allowed', 'the longest counts')
  t.match(load(`${good}${accept('outlives-session')}`).findings, [
    {
      code: 'unused-exception',
      level: 'warn',
      path: ['exceptions', 0],
      detail: /Nothing in the ceilings of debug/,
    },
  ])
})

t.test('an exception that would accept nothing is a fault', async (t) => {
  const refuses = (from: string, to: string, fault: object) =>
    t.match(faultsOf(`${good}${accept('outlives-session').replace(from, () => to)}`), [fault], to)
  refuses('outlives-session', 'outlive-session', {
    path: 'exceptions[0].rule',
    message: /no rule of the lint; did you mean outlives-session\?/,
  })
  refuses('[debug]', '[debugg]', {
    path: 'exceptions[0].roles[0]',
    message: /matches no role; there are debug/,
  })
  refuses('[debug]', '[]', { path: 'exceptions[0].roles' })
  refuses('2027-06-30', '2027-02-31', { path: 'exceptions[0].until', message: /no day of the calendar/ })
  refuses('2027-06-30', 'soon', { path: 'exceptions[0].until', message: /must be a day such as/ })
  refuses('It is what this role is for.', 'why not', {
    path: 'exceptions[0].because',
    message: /must say why/,
  })
  refuses(', until: "2027-06-30"', '', { path: 'exceptions[0].until', message: /is required/ })
  t.ok(good.includes(actions))
})
