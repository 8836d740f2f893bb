import { actionFault } from './action.js'
import type {
  Patterns,
  PolicyDocument,
  PolicyKind,
  PolicyStatement,
  Principal,
  ReportFault,
} from './document.js'
import { isObject, step } from './json.js'
import { variableFault } from './variables.js'

type Statement = Readonly<Record<string, unknown>>

/** A string or a list of strings, each with the pointer to it; faults are reported. */
export function readList(
  value: unknown,
  at: string,
  report: ReportFault,
): readonly (readonly [at: string, text: string])[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item, i) => {
    const place = Array.isArray(value) ? at + step(i) : at
    if (typeof item === 'string') return [[place, item] as const]
    report(place, 'type', 'This must be a string or a list of strings.')
    return []
  })
}

/** Which of an element and its negation stands here; exactly one must. */
function chosen(statement: Statement, name: string, at: string, report: ReportFault): string | undefined {
  const there = [name, `Not${name}`].filter((one) => statement[one] !== undefined)
  if (there.length === 0) report(at, 'missing', `A statement needs ${name} or Not${name}.`)
  if (there.length > 1) report(at, 'conflict', `A statement has either ${name} or Not${name}, not both.`)
  return there.length === 1 ? there[0] : undefined
}

function readPatterns(
  statement: Statement,
  name: string,
  at: string,
  fault: (
    text: string,
  ) => { readonly code: 'action' | 'resource' | 'variable'; readonly detail: string } | undefined,
  report: ReportFault,
): Patterns | undefined {
  const element = chosen(statement, name, at, report)
  if (element === undefined) return undefined
  const items = readList(statement[element], `${at}/${element}`, report)
  for (const [place, text] of items) {
    const found = fault(text)
    if (found) report(place, found.code, found.detail)
  }
  return { negated: element !== name, patterns: items.map(([, text]) => text) }
}

/** `Action` or `NotAction`. A role's trust is about entering it, which is STS's alone. */
export const readActions = (
  statement: Statement,
  at: string,
  kind: PolicyKind,
  report: ReportFault,
): Patterns | undefined =>
  readPatterns(
    statement,
    'Action',
    at,
    (text) => {
      const detail = text === '*:*' ? undefined : actionFault(text)
      if (detail !== undefined) return { code: 'action', detail }
      return kind === 'trust' && !/^sts:/i.test(text)
        ? { code: 'action', detail: `A trust policy may name only actions of sts, not ${text}.` }
        : undefined
    },
    report,
  )

/** `Resource` or `NotResource`. */
export const readResources = (
  statement: Statement,
  at: string,
  { version }: Pick<PolicyDocument, 'version'>,
  report: ReportFault,
): Patterns | undefined =>
  readPatterns(
    statement,
    'Resource',
    at,
    (text) => {
      const variable = version === '2012-10-17' ? variableFault(text) : undefined
      if (variable !== undefined) return { code: 'variable', detail: variable }
      const detail = resourceFault(text)
      return detail === undefined ? undefined : { code: 'resource', detail }
    },
    report,
  )

/**
 * IAM demands `*` or the form of an ARN, in a known partition (or a pattern) and with the service written
 * out. Only where a `*` that ends a part may run on may there be fewer than six ("IAM JSON policy elements:
 * Resource").
 */
function resourceFault(text: string): string | undefined {
  if (text === '*') return undefined
  const [arn, partition = '', service = '', ...rest] = text.split(':')
  if (arn !== 'arn') return `${JSON.stringify(text)} must be an ARN, or * alone.`
  if (!/^aws(-[a-z-]+)?$/.test(partition) && !/[*?]/.test(partition))
    return `${text} has ${JSON.stringify(partition)} for its partition, such as aws, aws-cn or aws-us-gov.`
  if (!/^[A-Za-z0-9-]+$/.test(service))
    return `${text} must name its service in the third part, without wildcards.`
  const whole = rest.length >= 3 || rest.some((part) => part.endsWith('*'))
  return whole && rest.join('') !== ''
    ? undefined
    : `${text} has fewer than the six parts arn:partition:service:region:account:resource.`
}

const principalTypes = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const

const principalForms: Readonly<Record<Principal['type'], RegExp>> = {
  // An account, one of its principals, or the id that IAM shows once such a principal has been deleted.
  AWS: /^(\*|\d{12}|A[A-Z0-9]{15,127}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)\/[^*?]+))$/,
  Service: /^[a-z0-9]([a-z0-9-]*\.)+amazonaws\.com(\.cn)?$/,
  Federated:
    /^(arn:aws[a-z-]*:iam::\d{12}:(saml|oidc)-provider\/[^*?]+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(\/[^*?]*)?)$/,
  CanonicalUser: /^[0-9a-f]{64}$/,
}

/** `Principal` or `NotPrincipal`, where the policy is attached to what is reached; else undefined. */
export function readPrincipals(
  statement: Statement,
  at: string,
  kind: PolicyKind,
  report: ReportFault,
): PolicyStatement['principals'] {
  if (kind !== 'trust' && kind !== 'resource') return undefined
  const element = chosen(statement, 'Principal', at, report)
  if (element === undefined) return undefined
  const negated = element === 'NotPrincipal'
  const place = `${at}/${element}`
  if (negated && statement.Effect === 'Allow')
    report(place, 'conflict', 'NotPrincipal has a meaning only with the effect Deny.')
  const value = statement[element]
  if (value === '*') return { negated, list: [{ type: 'AWS', id: '*' }] }
  if (!isObject(value))
    return void report(place, 'type', `${element} must be "*" or an object such as {"AWS": "123456789012"}.`)
  const list = Object.entries(value).flatMap(([name, ids]) => {
    const type = principalTypes.find((one) => one === name)
    if (type) return readIds(type, ids, place + step(name), report)
    report(place + step(name), 'principal', `A principal is one of ${principalTypes.join(', ')}.`)
    return []
  })
  return { negated, list }
}

const readIds = (
  type: Principal['type'],
  value: unknown,
  at: string,
  report: ReportFault,
): readonly Principal[] =>
  readList(value, at, report).map(([place, id]) => {
    if (!principalForms[type].test(id))
      report(
        place,
        'principal',
        `${JSON.stringify(id)} is no principal of the type ${type}; wildcards are not taken.`,
      )
    return { type, id }
  })
