import type { Conditions, Statement } from './statement.js'

/**
 * Where a policy stands, which decides what IAM lets it say: attached to an identity, sent with AssumeRole,
 * a role's trust, or attached to a resource.
 */
export type PolicyKind = 'identity' | 'session' | 'trust' | 'resource'

/** `Action` or `Resource` with its patterns; `negated` for `NotAction` and `NotResource`. */
export interface Patterns {
  readonly negated: boolean
  readonly patterns: readonly string[]
}

export interface Principal {
  readonly type: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'
  /** An ARN, an account, a service's domain, an issuer; `*` for everybody. */
  readonly id: string
}

/** One statement of a document, with single values made lists and the rest as it was written. */
export interface PolicyStatement {
  /** Where it stands in the document, as a JSON pointer. */
  readonly at: string
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  /** Absent in the policies of identities and sessions. */
  readonly principals?: { readonly negated: boolean; readonly list: readonly Principal[] }
  readonly actions: Patterns
  /** `*` in a trust policy, which has no `Resource`. */
  readonly resources: Patterns
  /** By operator, then key; all of them must hold. */
  readonly conditions?: Conditions
}

/** A policy document that IAM would accept. */
export interface PolicyDocument {
  readonly kind: PolicyKind
  readonly id?: string
  /** What IAM assumes without a `Version` is the older one, to which `${aws:username}` is plain text. */
  readonly version: '2008-10-17' | '2012-10-17'
  readonly statements: readonly PolicyStatement[]
}

/** The statements as the policy that they are, in the language's newer version. */
export const policyOf = (
  statements: readonly Statement[],
): Pick<PolicyDocument, 'version' | 'statements'> => ({
  version: '2012-10-17',
  statements: statements.map(({ actions, resources, conditions }, i) => ({
    at: `/${i}`,
    effect: 'Allow',
    actions: { negated: false, patterns: actions },
    resources: { negated: false, patterns: resources },
    ...(conditions && { conditions }),
  })),
})

type FaultKind =
  | 'json'
  | 'duplicate'
  | 'type'
  | 'unknown'
  | 'missing'
  | 'conflict'
  | 'version'
  | 'effect'
  | 'sid'
  | 'principal'
  | 'action'
  | 'resource'
  | 'operator'
  | 'key'
  | 'value'
  | 'variable'
  | 'characters'
  | 'size'

/** One thing in a document that IAM would refuse. */
export interface DocumentFault {
  /** JSON pointer; empty for the document itself. */
  readonly at: string
  readonly code: FaultKind
  /** One sentence for a person. */
  readonly detail: string
}

export type ReportFault = (at: string, code: FaultKind, detail: string) => void

export type ReadDocument =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly faults: readonly DocumentFault[] }

type Values = string | readonly string[]
const short = (values: readonly string[]): Values => (values.length === 1 ? (values[0] ?? '') : values)

const element = (name: string, { negated, patterns }: Patterns): Readonly<Record<string, Values>> => ({
  [negated ? `Not${name}` : name]: short(patterns),
})

function printPrincipals({ negated, list }: NonNullable<PolicyStatement['principals']>): object {
  const types = [...new Set(list.map(({ type }) => type))]
  const ids = (wanted: Principal['type']): Values =>
    short(list.filter(({ type }) => type === wanted).map(({ id }) => id))
  return {
    [negated ? 'NotPrincipal' : 'Principal']: Object.fromEntries(types.map((type) => [type, ids(type)])),
  }
}

const printConditions = (conditions: Conditions): object => ({
  Condition: Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, short(values)])),
    ]),
  ),
})

/**
 * The document as a JSON value in IAM's own words and its usual order; what stood alone in a list stands
 * without it, as two characters less mean the same. Reading it again gives the same document.
 */
export function printDocument({ kind, id, version, statements }: PolicyDocument): object {
  return {
    Version: version,
    ...(id !== undefined && { Id: id }),
    Statement: statements.map(({ sid, effect, principals, actions, resources, conditions }) => ({
      ...(sid !== undefined && { Sid: sid }),
      Effect: effect,
      ...(principals && printPrincipals(principals)),
      ...element('Action', actions),
      ...(kind !== 'trust' && element('Resource', resources)),
      ...(conditions && printConditions(conditions)),
    })),
  }
}
