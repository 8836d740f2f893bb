import { isoSeconds } from '../time.js'
import { actionFault } from './action.js'
import { arnFault } from './arn.js'
import { globalServices } from './global-services.js'
import { overlaps } from './pattern.js'
import { simplify } from './simplify.js'
import type { Bounds, Conditions, Statement } from './statement.js'

/** Characters of an inline session policy (STS API, AssumeRole, `Policy`); the SDK does not check it. */
export const limit = 2_048

/** The last second whose text is of the usual length, 9999-12-31T23:59:59Z. */
const latest = 253_402_300_799_000

export type Compiled =
  | { readonly ok: true; readonly json: string; readonly length: number }
  | { readonly ok: false; readonly detail: string }

interface Element {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: Values
  readonly NotAction?: Values
  readonly Resource: Values
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Values>>>>
}

type Values = string | readonly string[]

/** A list of one costs two characters less without its brackets, and means the same. */
const short = (values: readonly string[]): Values => (values.length === 1 ? (values[0] ?? '') : values)

function shortConditions(conditions: Conditions): NonNullable<Element['Condition']> {
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, short(values)])),
    ]),
  )
}

const allow = ({ actions, resources, conditions = {} }: Statement): Element => ({
  Effect: 'Allow',
  Action: short(actions),
  Resource: short(resources),
  ...(Object.keys(conditions).length > 0 && { Condition: shortConditions(conditions) }),
})

const deny = (Condition: NonNullable<Element['Condition']>, spared: readonly string[] = []): Element => ({
  Effect: 'Deny',
  ...(spared.length > 0 ? { NotAction: short(spared) } : { Action: '*' }),
  Resource: '*',
  Condition,
})

/** The global services that these statements can reach at all: only those need to be spared. */
function reached(statements: readonly Statement[]): readonly string[] {
  const allowed = statements.flatMap(({ actions }) => actions)
  return globalServices.filter((service) =>
    allowed.some((action) => overlaps(action, service, { fold: true })),
  )
}

/**
 * Each bound is a statement of its own, since the conditions within one add up by AND. EC2 and Glue do not
 * send `aws:ViaAWSService` (IAM user guide, global condition keys): `IfExists` keeps their calls bound too.
 */
function denials(
  statements: readonly Statement[],
  { notAfter, regions, egress }: Bounds,
): readonly Element[] {
  return [
    deny({ DateGreaterThan: { 'aws:CurrentTime': isoSeconds(notAfter) } }),
    deny({ StringNotEquals: { 'aws:RequestedRegion': short(regions) } }, reached(statements)),
    ...(egress
      ? [
          deny({
            NotIpAddress: { 'aws:SourceIp': short(egress) },
            BoolIfExists: { 'aws:ViaAWSService': 'false' },
          }),
        ]
      : []),
  ]
}

/** A bound that AWS would read as no bound: an empty list, a policy variable, a time that is no time. */
function boundsFault({ notAfter, regions, egress }: Bounds): string | undefined {
  if (!(notAfter >= 0 && notAfter <= latest)) return 'The end of the session is not a time.'
  if (regions.length === 0) return 'No region is named; a session needs at least one.'
  const odd = regions.find((region) => !/^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$/.test(region))
  if (odd !== undefined) return `${JSON.stringify(odd)} is not the name of a region, such as eu-west-1.`
  if (egress?.length === 0) return 'The list of egress ranges is empty; leave it out or name one.'
  const range = egress?.find((text) => !/^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/.test(text))
  if (range !== undefined)
    return `${JSON.stringify(range)} is not a range of addresses, such as 203.0.113.0/24.`
  return undefined
}

function statementFault({ actions, resources, conditions = {} }: Statement): string | undefined {
  if (actions.length === 0 || resources.length === 0) return 'A statement names no action or no resource.'
  for (const action of actions) if (actionFault(action)) return actionFault(action)
  for (const resource of resources) if (arnFault(resource)) return arnFault(resource)
  // To AWS a negated operator over no value always holds.
  const empty = Object.values(conditions).some(
    (keys) => Object.keys(keys).length === 0 || Object.values(keys).some((values) => values.length === 0),
  )
  return empty ? 'A condition names no value.' : undefined
}

/**
 * The session policy that allows what `statements` allow and nothing outside `bounds`: minified JSON of at
 * most 2,048 characters, in STS's alphabet. Not ok, with a sentence for a person, when that cannot be.
 * Everything in it is checked once more here, for what it says is what AWS enforces.
 */
export function compile(statements: readonly Statement[], bounds: Bounds): Compiled {
  if (statements.length === 0) return { ok: false, detail: 'Nothing is allowed.' }
  for (const fault of [boundsFault(bounds), ...statements.map(statementFault)]) {
    if (fault !== undefined) return { ok: false, detail: fault }
  }
  const allowed = simplify(statements)
  const json = JSON.stringify({
    Version: '2012-10-17',
    Statement: [...allowed.map(allow), ...denials(allowed, bounds)],
  })
  if (json.length > limit) {
    const detail = `With its bounds the session policy comes to ${json.length} characters; STS takes ${limit}. Fewer or shorter actions, resources and conditions would make it fit.`
    return { ok: false, detail }
  }
  // STS API, AssumeRole, `Policy`: tab, line feed, carriage return, and U+0020 to U+00FF.
  if (!/^[\t\n\r\u0020-\u00ff]+$/.test(json)) {
    return { ok: false, detail: 'A condition has a character that STS does not take in a session policy.' }
  }
  return { ok: true, json, length: json.length }
}

/** Compiles with the longest time there is: what fits so will fit at each issue. */
export const worstCase = (statements: readonly Statement[], bounds: Omit<Bounds, 'notAfter'>): Compiled =>
  compile(statements, { ...bounds, notAfter: latest })
