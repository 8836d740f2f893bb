import type { PolicyKind } from '../document.js'
import { isObject, step } from '../json.js'
import { resolve } from './cloudformation.js'
import { plainText } from './plain-text.js'
import type { Hit } from './rule.js'

/** A policy somewhere in a JSON file. */
export interface Found {
  /** Pointer to it in the file; it may stand there as a text. */
  readonly at: string
  /** What it belongs to: the policies of one role count together. */
  readonly owner: string
  readonly kind: PolicyKind
  readonly value: unknown
}

export interface Policies {
  readonly found: readonly Found[]
  /** Policies that the file has, but not their text. */
  readonly unread: readonly Hit[]
  /** Whether the file is one that need not hold any policy: a template or a plan. */
  readonly container: boolean
}

/** Deeper than any file that a tool writes. */
const deepest = 64

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** What a policy is, by the name of the field it stands in, else by what it says. */
export function kindOf(value: Readonly<Record<string, unknown>>, field = ''): PolicyKind {
  if (/assume_?role_?policy|trust/i.test(field)) return 'trust'
  const statements = listOf(value.Statement).filter(isObject)
  if (!statements.some((one) => one.Principal !== undefined || one.NotPrincipal !== undefined))
    return 'identity'
  const actions = statements.flatMap(({ Action, NotAction }) => listOf(Action ?? NotAction))
  return actions.every((action) => /^sts:/i.test(plainText(action))) ? 'trust' : 'resource'
}

/** A text that is a policy, as Terraform and the AWS CLI have them. */
function policyIn(text: string): unknown {
  if (!/^\s*\{/.test(text) || !text.includes('"Statement"')) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function* walk(value: unknown, at: string, owner: string, field = '', depth = 0): Generator<Found> {
  const policy = typeof value === 'string' ? policyIn(value) : value
  if (isObject(policy) && isObject(listOf(policy.Statement)[0]))
    return yield { at, owner, kind: kindOf(policy, field), value: policy }
  if (depth === deepest || typeof value !== 'object' || value === null) return
  for (const [name, item] of Object.entries(value))
    yield* walk(item, at + step(name), owner, Array.isArray(value) ? field : name, depth + 1)
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === deepest || Object.values(value).some((item) => isTooDeep(item, depth + 1))
}

/** Policies of an organisation allow nobody anything: they bound what accounts may allow. */
const isNoGrant = (type: unknown): boolean =>
  type === 'AWS::Organizations::Policy' || type === 'aws_organizations_policy'

/** `AWS::IAM::Policy` belongs to the one role that it is attached to. */
function roleOf(resource: Readonly<Record<string, unknown>>, name: string): string {
  const { Roles } = isObject(resource.Properties) ? resource.Properties : {}
  const [only, ...others] = Roles === undefined ? [] : listOf(Roles)
  const to = isObject(only) && others.length === 0 ? only.Ref : undefined
  return `/Resources${step(typeof to === 'string' ? to : name)}`
}

const inTemplate = (resources: Readonly<Record<string, unknown>>): readonly Found[] =>
  Object.entries(resources).flatMap(([name, resource]) =>
    isObject(resource) && !isNoGrant(resource.Type)
      ? [...walk(resolve(resource.Properties), `/Resources${step(name)}/Properties`, roleOf(resource, name))]
      : [],
  )

/** Attributes of Terraform's AWS resources that hold policies. */
const policyFields = /^(policy|policy_document|assume_role_policy|access_policy|inline_policy)$/

function inPlan(changes: readonly unknown[]): Pick<Policies, 'found' | 'unread'> {
  const found: Found[] = []
  const unread: Hit[] = []
  for (const [place, entry] of changes.entries()) {
    if (!isObject(entry) || !isObject(entry.change) || isNoGrant(entry.type) || entry.mode === 'data')
      continue
    const { after, after_unknown: unknown } = entry.change
    const at = `/resource_changes/${place}/change/after`
    const { role, name } = isObject(after) ? after : {}
    const owner = entry.type === 'aws_iam_role' ? name : role
    found.push(...walk(after, at, typeof owner === 'string' ? `role ${owner}` : at))
    for (const field of isObject(unknown) ? Object.keys(unknown) : [])
      if (policyFields.test(field) && isObject(unknown) && unknown[field] === true)
        unread.push({
          at: `/resource_changes/${place}/change/after_unknown${step(field)}`,
          detail: `The ${field} of ${plainText(entry.address)} is known only after apply, so it was not looked at.`,
        })
  }
  return { found, unread }
}

/**
 * The policies in a JSON value: one alone, a CloudFormation template's, those that a Terraform plan comes to,
 * or what any other JSON holds. Nesting beyond 64 levels is said to be unread.
 */
export function findPolicies(value: unknown): Policies {
  const deep = isTooDeep(value)
    ? [
        {
          at: '',
          detail: `The file is nested deeper than ${deepest} levels, so not all of it was looked at.`,
        },
      ]
    : []
  if (deep.length > 0) return { found: [], unread: deep, container: true }
  if (isObject(value) && isObject(value.Resources))
    return { found: inTemplate(value.Resources), unread: [], container: true }
  if (isObject(value) && Array.isArray(value.resource_changes))
    return { ...inPlan(value.resource_changes), container: true }
  return {
    found: [...walk(value, '', '')].map((one) => ({ ...one, owner: one.at })),
    unread: [],
    container: false,
  }
}
