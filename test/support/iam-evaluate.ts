import { BlockList, isIP } from 'node:net'

/**
 * An evaluator of IAM policies, written from the IAM user guide ("Policy evaluation logic", "Condition
 * operators", "Multivalued context keys") and apart from `src/iam`, so that the one can judge the other.
 * What AWS would refuse as malformed throws.
 */
export interface PolicyJson {
  readonly Version: string
  readonly Statement: readonly StatementJson[]
}

export interface StatementJson {
  readonly Sid?: string
  readonly Effect: string
  readonly Action?: Listed
  readonly NotAction?: Listed
  readonly Resource?: Listed
  readonly NotResource?: Listed
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Listed>>>>
}

type Listed = string | readonly string[]

/** `resource` is `*` for actions that know no resources. Keys of the context have no regard to case. */
export interface Request {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, Listed>>
}

export type Verdict = 'allow' | 'deny' | 'implicit'

const members = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

const listed = (value: Listed): readonly string[] => {
  const list = typeof value === 'string' ? [value] : value
  if (list.length === 0) throw new Error('MalformedPolicyDocument: empty list')
  if (list.some((text) => text.includes('${'))) throw new Error('policy variables are not evaluated here')
  return list
}

/** Follows all ways through the pattern at once, one bit for each place in it. */
function like(pattern: string, text: string): boolean {
  const skipStars = (places: boolean[]): boolean[] => {
    for (let i = 0; i < pattern.length; i++) if (places[i] && pattern[i] === '*') places[i + 1] = true
    return places
  }
  let places = skipStars([true])
  for (const character of text.split('')) {
    const next: boolean[] = []
    for (let i = 0; i < pattern.length; i++) {
      if (!places[i]) continue
      if (pattern[i] === '*') next[i] = true
      else if (pattern[i] === '?' || pattern[i] === character) next[i + 1] = true
    }
    places = skipStars(next)
  }
  return places[pattern.length] === true
}

const actionLike = (pattern: string, action: string): boolean =>
  like(pattern.toLowerCase(), action.toLowerCase())

/** Wildcards do not leave the part of the ARN that they stand in; the sixth part is all that remains. */
function arnLike(pattern: string, arn: string): boolean {
  if (pattern === '*') return true
  const split = (text: string): readonly string[] => {
    const all = text.split(':')
    return [...all.slice(0, 5), all.slice(5).join(':')]
  }
  const parts = split(arn)
  if (pattern.split(':').length < 6) throw new Error(`MalformedPolicyDocument: ${pattern}`)
  return arn.split(':').length >= 6 && split(pattern).every((part, i) => like(part, parts[i] ?? ''))
}

function inRange(address: string, cidr: string): boolean {
  const [network = '', bits] = cidr.split('/')
  const family = isIP(network)
  if (family === 0) throw new Error(`MalformedPolicyDocument: ${cidr}`)
  if (isIP(address) !== family) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits ?? (family === 4 ? 32 : 128)), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text))

type Test = (wanted: string, actual: string) => boolean

const operators: Readonly<Record<string, Test>> = {
  StringEquals: (wanted, actual) => wanted === actual,
  StringEqualsIgnoreCase: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  DateEquals: (wanted, actual) => instant(actual) === instant(wanted),
  DateLessThan: (wanted, actual) => instant(actual) < instant(wanted),
  DateLessThanEquals: (wanted, actual) => instant(actual) <= instant(wanted),
  DateGreaterThan: (wanted, actual) => instant(actual) > instant(wanted),
  DateGreaterThanEquals: (wanted, actual) => instant(actual) >= instant(wanted),
  NumericEquals: (wanted, actual) => Number(actual) === Number(wanted),
  NumericLessThan: (wanted, actual) => Number(actual) < Number(wanted),
  NumericLessThanEquals: (wanted, actual) => Number(actual) <= Number(wanted),
  NumericGreaterThan: (wanted, actual) => Number(actual) > Number(wanted),
  NumericGreaterThanEquals: (wanted, actual) => Number(actual) >= Number(wanted),
  Bool: (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase(),
  IpAddress: (wanted, actual) => inRange(actual, wanted),
}

const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  DateNotEquals: 'DateEquals',
  NumericNotEquals: 'NumericEquals',
  NotIpAddress: 'IpAddress',
}

function holds(operator: string, wanted: readonly string[], actual: readonly string[] | undefined): boolean {
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null')
    return wanted.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  const negated = negations[name] !== undefined
  const test = operators[negations[name] ?? name]
  if (!test) throw new Error(`MalformedPolicyDocument: ${operator}`)
  const satisfies = (value: string): boolean => wanted.some((one) => test(one, value)) !== negated
  if (quantifier === 'ForAllValues') return (actual ?? []).every(satisfies)
  if (actual === undefined) return ifExists !== undefined || (negated && quantifier === undefined)
  return negated && quantifier === undefined ? actual.every(satisfies) : actual.some(satisfies)
}

function applies(statement: StatementJson, { action, resource, context }: Request): boolean {
  for (const member of Object.keys(statement)) {
    if (!members.includes(member)) throw new Error(`MalformedPolicyDocument: ${member}`)
  }
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  if ((Action === undefined) === (NotAction === undefined)) throw new Error('MalformedPolicyDocument: Action')
  if ((Resource === undefined) === (NotResource === undefined))
    throw new Error('MalformedPolicyDocument: Resource')
  const named = listed(Action ?? NotAction ?? []).some((pattern) => actionLike(pattern, action))
  const meant = listed(Resource ?? NotResource ?? []).some((pattern) => arnLike(pattern, resource))
  const keys = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))
  const conditions = Object.entries(Condition).flatMap(([operator, wanted]) =>
    Object.entries(wanted).map(([key, values]) => {
      const actual = keys.get(key.toLowerCase())
      return holds(operator, listed(values), typeof actual === 'string' ? [actual] : actual)
    }),
  )
  return named === (Action !== undefined) && meant === (Resource !== undefined) && conditions.every(Boolean)
}

function judge({ Version, Statement }: PolicyJson, request: Request): Verdict {
  if (Version !== '2012-10-17') throw new Error('MalformedPolicyDocument: Version')
  const effects = Statement.filter((statement) => applies(statement, request)).map(({ Effect }) => Effect)
  if (effects.some((effect) => effect !== 'Allow' && effect !== 'Deny')) {
    throw new Error('MalformedPolicyDocument: Effect')
  }
  if (effects.includes('Deny')) return 'deny'
  return effects.includes('Allow') ? 'allow' : 'implicit'
}

/** What AWS does with a request of a role's session: both policies must allow it, and neither deny it. */
export function evaluate(
  policies: { readonly session: PolicyJson; readonly role: PolicyJson },
  request: Request,
): Verdict {
  const verdicts = [judge(policies.session, request), judge(policies.role, request)]
  if (verdicts.includes('deny')) return 'deny'
  return verdicts.includes('implicit') ? 'implicit' : 'allow'
}
