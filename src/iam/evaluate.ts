import { conditionHolds } from './evaluate-condition.js'
import { fillVariables, likeArn, likeText, type Context } from './evaluate-text.js'
import type { Patterns, PolicyDocument, PolicyStatement } from './document.js'

/** What somebody tries, as AWS sees it when it decides. */
export interface ConcreteRequest {
  /** `dynamodb:GetItem`, without regard to case. */
  readonly action: string
  /** The ARN of what it is done to; `*` where the action knows no resources. */
  readonly resource: string
  /** Values by condition key, whose case does not matter; a key that is absent is not in the request. */
  readonly context: Readonly<Record<string, string | readonly string[]>>
}

/** A part of a statement that kept it from applying. */
export type Unmet =
  | { readonly part: 'action' | 'resource' }
  | { readonly part: 'condition'; readonly operator: string; readonly key: string }

/** How one statement took a request; with nothing unmet it applies. */
export interface StatementAnswer {
  readonly statement: PolicyStatement
  readonly unmet: readonly Unmet[]
}

export interface Evaluation {
  readonly verdict: 'allowed' | 'explicitly denied' | 'not allowed'
  /** The statements that decided: the denies where there is one, else the allows; none when nothing allows. */
  readonly by: readonly PolicyStatement[]
  /** Every statement, in order. */
  readonly statements: readonly StatementAnswer[]
}

type Version = PolicyDocument['version']

function inElement({ negated, patterns }: Patterns, matches: (pattern: string) => boolean): boolean {
  return patterns.some(matches) !== negated
}

function resourceMatches(pattern: string, resource: string, context: Context, version: Version): boolean {
  const filled = version === '2012-10-17' ? fillVariables(pattern, context) : pattern
  return filled !== undefined && likeArn(filled, resource)
}

function answerOf(
  statement: PolicyStatement,
  request: ConcreteRequest,
  context: Context,
  version: Version,
): StatementAnswer {
  const { actions, resources, conditions = {} } = statement
  const action = request.action.toLowerCase()
  const failed = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys)
      .filter(
        ([key, wanted]) =>
          !conditionHolds(operator, wanted, context.get(key.toLowerCase()), context, version),
      )
      .map(([key]): Unmet => ({ part: 'condition', operator, key })),
  )
  return {
    statement,
    unmet: [
      ...(inElement(actions, (pattern) => likeText(pattern.toLowerCase(), action))
        ? []
        : [{ part: 'action' } as const]),
      ...(inElement(resources, (pattern) => resourceMatches(pattern, request.resource, context, version))
        ? []
        : [{ part: 'resource' } as const]),
      ...failed,
    ],
  }
}

/**
 * What AWS would decide on a request by this one policy (IAM user guide, "Policy evaluation logic"): an
 * explicit deny before an allow, and nothing without one. Principals are not looked at: it is taken to be the
 * principal's own policy, or one that names them.
 */
export function evaluate({ statements, version }: PolicyDocument, request: ConcreteRequest): Evaluation {
  const context: Context = new Map(
    Object.entries(request.context).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === 'string' ? [value] : value,
    ]),
  )
  const answers = statements.map((statement) => answerOf(statement, request, context, version))
  const applying = (effect: 'Allow' | 'Deny'): readonly PolicyStatement[] =>
    answers
      .filter(({ unmet }) => unmet.length === 0)
      .map(({ statement }) => statement)
      .filter((one) => one.effect === effect)
  const denies = applying('Deny')
  if (denies.length > 0) return { verdict: 'explicitly denied', by: denies, statements: answers }
  const allows = applying('Allow')
  return { verdict: allows.length > 0 ? 'allowed' : 'not allowed', by: allows, statements: answers }
}
