import { readConditions } from './document-conditions.js'
import { readActions, readPrincipals, readResources } from './document-elements.js'
import {
  printDocument,
  type DocumentFault,
  type PolicyDocument,
  type PolicyKind,
  type PolicyStatement,
  type ReadDocument,
  type ReportFault,
} from './document.js'
import { isObject, parseJson, step } from './json.js'
import { nearest } from './nearest.js'

/**
 * The most characters that IAM takes, not counting white space save in a session policy (IAM user guide,
 * "IAM and AWS STS quotas"; STS API, AssumeRole). Where it depends, the most there is: 10,240 for a role's
 * inline policies, 4,096 for a trust policy with the quota raised, 32 KB for the largest resource policies.
 */
const sizes: Readonly<Record<PolicyKind, number>> = {
  identity: 10_240,
  session: 2_048,
  trust: 4_096,
  resource: 32_768,
}

/** No policy that any AWS API takes is longer (IAM API, `policyDocumentType`). */
const longest = 131_072

const documentElements = ['Version', 'Id', 'Statement']
const statementElements = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition']
const resourceElements = ['Resource', 'NotResource']
const principalElements = ['Principal', 'NotPrincipal']

/** The elements that a kind of policy may have. */
const elementsOf = (kind: PolicyKind): readonly string[] => [
  ...statementElements,
  ...(kind === 'trust' ? [] : resourceElements),
  ...(kind === 'trust' || kind === 'resource' ? principalElements : []),
]

function reportUnknown(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  at: string,
  kind: PolicyKind,
  report: ReportFault,
): void {
  for (const name of Object.keys(value).filter((member) => !known.includes(member))) {
    const elsewhere = [...resourceElements, ...principalElements, 'Id'].includes(name)
    const detail = elsewhere
      ? `${name} has no place in a ${kind} policy.`
      : `IAM knows no element ${JSON.stringify(name)} here; the nearest is ${nearest(name, known) ?? 'none'}.`
    report(at + step(name), 'unknown', detail)
  }
}

/** `Sid`, which IAM itself takes in letters and digits only; services have alphabets of their own. */
function readSid(value: unknown, at: string, kind: PolicyKind, report: ReportFault): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') return void report(`${at}/Sid`, 'type', 'Sid must be a string.')
  if (kind !== 'resource' && !/^[A-Za-z0-9]*$/.test(value))
    report(`${at}/Sid`, 'sid', `The Sid ${JSON.stringify(value)} may have only letters and digits.`)
  return value
}

function readStatement(
  value: unknown,
  at: string,
  context: Pick<PolicyDocument, 'kind' | 'version'>,
  report: ReportFault,
): PolicyStatement | undefined {
  const { kind } = context
  if (!isObject(value)) return void report(at, 'type', 'A statement must be an object.')
  reportUnknown(value, elementsOf(kind), at, kind, report)
  const sid = readSid(value.Sid, at, kind, report)
  const effect = value.Effect
  if (effect !== 'Allow' && effect !== 'Deny')
    report(`${at}/Effect`, effect === undefined ? 'missing' : 'effect', 'Effect must be "Allow" or "Deny".')
  const principals = readPrincipals(value, at, kind, report)
  const actions = readActions(value, at, kind, report)
  const resources =
    kind === 'trust' ? { negated: false, patterns: ['*'] } : readResources(value, at, context, report)
  const conditions = readConditions(value.Condition, `${at}/Condition`, context.version, report)
  if ((effect !== 'Allow' && effect !== 'Deny') || !actions || !resources) return undefined
  return {
    at,
    ...(sid !== undefined && { sid }),
    effect,
    ...(principals && { principals }),
    actions,
    resources,
    ...(conditions && { conditions }),
  }
}

function reportRepeatedSids(statements: readonly PolicyStatement[], report: ReportFault): void {
  const seen = new Set<string>()
  for (const { sid, at } of statements) {
    if (sid !== undefined && sid !== '' && seen.has(sid))
      report(`${at}/Sid`, 'sid', `Two statements have the Sid ${JSON.stringify(sid)}; it must be unique.`)
    if (sid !== undefined) seen.add(sid)
  }
}

function readVersion(value: unknown, report: ReportFault): PolicyDocument['version'] {
  if (value === '2012-10-17' || value === '2008-10-17') return value
  if (value !== undefined)
    report('/Version', 'version', 'Version must be "2012-10-17", or "2008-10-17" for the language before it.')
  return value === undefined ? '2008-10-17' : '2012-10-17'
}

function read(value: unknown, kind: PolicyKind, report: ReportFault): PolicyDocument | undefined {
  if (!isObject(value)) return void report('', 'type', 'A policy must be a JSON object.')
  const known = kind === 'trust' || kind === 'resource' ? documentElements : ['Version', 'Statement']
  reportUnknown(value, known, '', kind, report)
  const version = readVersion(value.Version, report)
  if (value.Id !== undefined && typeof value.Id !== 'string') report('/Id', 'type', 'Id must be a string.')
  const list = value.Statement
  if (list === undefined || (Array.isArray(list) && list.length === 0))
    return void report('/Statement', 'missing', 'A policy needs at least one statement.')
  const statements = (Array.isArray(list) ? list : [list]).flatMap((item: unknown, i) => {
    const at = Array.isArray(list) ? `/Statement/${i}` : '/Statement'
    return readStatement(item, at, { kind, version }, report) ?? []
  })
  reportRepeatedSids(statements, report)
  return { kind, ...(typeof value.Id === 'string' && { id: value.Id }), version, statements }
}

/** IAM and STS take Latin-1 (`[\u0009\u000A\u000D\u0020-\u00FF]`); resource policies are their services' own. */
function reportText(text: string, kind: PolicyKind, report: ReportFault): void {
  const odd = kind === 'resource' ? undefined : /[^\t\n\r\u0020-\u00ff]/u.exec(text)?.[0]
  if (odd !== undefined)
    report('', 'characters', `IAM does not take the character ${JSON.stringify(odd)}; it takes Latin-1 only.`)
  const length = kind === 'session' ? text.length : text.replace(/\s/g, '').length
  if (length > sizes[kind])
    report('', 'size', `The policy has ${length} characters; a ${kind} policy may have ${sizes[kind]}.`)
}

function gather(work: (report: ReportFault) => PolicyDocument | undefined): ReadDocument {
  const faults: DocumentFault[] = []
  const document = work((at, code, detail) => void faults.push({ at, code, detail }))
  return document && faults.length === 0 ? { ok: true, document } : { ok: false, faults }
}

/**
 * Reads a policy that is already a JSON value, as one inside a template is. Accepts what IAM accepts and
 * refuses the rest, with every fault listed. Never throws.
 */
export const readDocument = (value: unknown, kind: PolicyKind): ReadDocument =>
  gather((report) => {
    const document = read(value, kind, report)
    if (document) reportText(JSON.stringify(printDocument(document)), kind, report)
    return document
  })

/** Reads the text of a policy; besides, refuses what is no JSON and members that stand twice. Never throws. */
export const parseDocument = (text: string, kind: PolicyKind): ReadDocument =>
  gather((report) => {
    if (text.length > longest)
      return void report(
        '',
        'size',
        `A policy of ${text.length} characters is longer than any that AWS takes.`,
      )
    const value = parseJson(text, report)
    if (value === undefined) return undefined
    reportText(text, kind, report)
    return read(value, kind, report)
  })
