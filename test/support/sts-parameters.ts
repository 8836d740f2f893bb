import { evaluate, type PolicyJson } from './iam-evaluate.js'

/** What STS answers instead of credentials. */
export class StsError extends Error {
  readonly code: string
  readonly status: number
  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The parameters of one AssumeRole, each within its documented alphabet and length. */
export interface AssumeRole {
  readonly roleArn: string
  readonly sessionName: string
  readonly sourceIdentity: string | undefined
  readonly externalId: string | undefined
  readonly durationSeconds: number
  readonly policy: string | undefined
  readonly policyArns: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** Name on the wire, name in the error, least and most characters, alphabet (STS API, AssumeRole). */
const texts = [
  ['RoleArn', 'roleArn', 20, 2048, /^[\u0009\u000a\u000d\u0020-\u007e\u0085\u00a0-\ud7ff]+$/],
  ['RoleSessionName', 'roleSessionName', 2, 64, /^[\w+=,.@-]*$/],
  ['SourceIdentity', 'sourceIdentity', 2, 64, /^(?!aws:)[\w+=,.@-]*$/],
  ['ExternalId', 'externalId', 2, 1224, /^[\w+=,.@:/-]*$/],
  ['Policy', 'policy', 1, 2048, /^[\u0009\u000a\u000d\u0020-\u00ff]+$/],
] as const

const known = new Set(['Action', 'Version', 'DurationSeconds', ...texts.map(([name]) => name)])

const policyArn = /^PolicyArns\.member\.\d+\.arn$/

const invalid = (value: string, at: string, constraint: string) =>
  new StsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`,
  )

/** At most ten, each of a managed policy in the account of the role (STS API, AssumeRole, `PolicyArns`). */
function readPolicyArns(form: URLSearchParams, roleArn: string): string[] {
  const arns = [...form].filter(([name]) => policyArn.test(name)).map(([, arn]) => arn)
  if (arns.length > 10)
    throw invalid(arns.join(), 'policyArns', 'Member must have length less than or equal to 10')
  for (const arn of arns) {
    const account = /^arn:aws[a-z-]*:iam::(\d{12}):policy\/\S+$/.exec(arn)?.[1]
    if (account === undefined || account !== roleArn.split(':')[4])
      throw new StsError('ValidationError', `${arn} is not a policy of the account of the role`)
  }
  return arns
}

function readTags(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {}
  const seen = new Set<string>()
  for (let index = 1; form.has(`Tags.member.${index}.Key`); index += 1) {
    const key = form.get(`Tags.member.${index}.Key`) ?? ''
    const value = form.get(`Tags.member.${index}.Value`) ?? ''
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) || key.toLowerCase().startsWith('aws:'))
      throw invalid(key, `tags.${index}.member.key`, 'Member must satisfy regular expression pattern')
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
      throw invalid(value, `tags.${index}.member.value`, 'Member must satisfy regular expression pattern')
    if (seen.has(key.toLowerCase()) || index > 50)
      throw new StsError('InvalidParameterValue', 'Tag keys must be unique, and at most 50.')
    seen.add(key.toLowerCase())
    tags[key] = value
  }
  return tags
}

/** Every action on everything: what a session without a policy has, before its role's own is looked at. */
export const everything: PolicyJson = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
}

/** A policy document that IAM would take; it is evaluated once, since that is what finds what is wrong. */
function checkPolicy(text: string): void {
  try {
    const { Version, Statement } = JSON.parse(text) as PolicyJson
    const statements = [Statement].flat() as PolicyJson['Statement']
    const effects = statements.map(({ Effect }) => Effect === 'Allow' || Effect === 'Deny')
    if (effects.length === 0 || !effects.every(Boolean)) throw new Error('Effect')
    const session = { Version, Statement: statements }
    evaluate({ session, role: everything }, { action: 'sts:GetCallerIdentity', resource: '*', context: {} })
  } catch {
    throw new StsError('MalformedPolicyDocument', 'Syntax errors in policy.')
  }
}

/** Reads the form of an AssumeRole; throws the StsError that STS would answer. */
export function readAssumeRole(body: string): AssumeRole {
  const form = new URLSearchParams(body)
  if (form.get('Version') !== '2011-06-15' || form.get('Action') !== 'AssumeRole')
    throw new StsError('InvalidAction', 'Could not find operation for this action and version')
  for (const name of form.keys()) {
    // More than the real one does: a parameter that nobody meant to send must not go unnoticed.
    if (!known.has(name) && !/^Tags\.member\.\d+\.(Key|Value)$/.test(name) && !policyArn.test(name))
      throw new StsError('InvalidParameterValue', `Parameter ${name} is not played by this STS`)
  }
  for (const [name, at, least, most, alphabet] of texts) {
    const value = form.get(name)
    if (value === null) continue
    if (value.length < least || value.length > most)
      throw invalid(
        value,
        at,
        `Member must have length ${value.length < least ? 'greater' : 'less'} than or equal to ${most}`,
      )
    if (!alphabet.test(value)) throw invalid(value, at, 'Member must satisfy regular expression pattern')
  }
  const roleArn = form.get('RoleArn')
  const sessionName = form.get('RoleSessionName')
  if (roleArn === null || sessionName === null)
    throw invalid('null', roleArn === null ? 'roleArn' : 'roleSessionName', 'Member must not be null')
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(roleArn))
    throw new StsError('ValidationError', `${roleArn} is invalid`)

  const duration = form.get('DurationSeconds') ?? '3600'
  const durationSeconds = /^\d{1,6}$/.test(duration) ? Number(duration) : 0
  if (durationSeconds < 900 || durationSeconds > 43_200)
    throw invalid(duration, 'durationSeconds', 'Member must have value between 900 and 43200')
  const policy = form.get('Policy') ?? undefined
  if (policy !== undefined) checkPolicy(policy)
  return {
    roleArn,
    sessionName,
    sourceIdentity: form.get('SourceIdentity') ?? undefined,
    externalId: form.get('ExternalId') ?? undefined,
    durationSeconds,
    policy,
    policyArns: readPolicyArns(form, roleArn),
    tags: readTags(form),
  }
}
