import { actionOf } from '../actions.js'
import { difference } from '../arn-difference.js'
import type { PolicyDocument, PolicyStatement } from '../document.js'
import { evaluate, type ConcreteRequest, type StatementAnswer, type Unmet } from '../evaluate.js'
import { nearest } from '../nearest.js'
import { conditionWords, list } from './words.js'

/** What AWS would say to one request by this policy, and why. */
export interface Verdict {
  readonly verdict: 'allowed' | 'explicitly denied' | 'not allowed'
  /** Pointers to the statements that decided. */
  readonly by: readonly string[]
  /** Of what is not allowed: the statement that comes nearest to allowing it. */
  readonly nearest?: string
  /** Which parts of that one failed, a sentence each. */
  readonly failed: readonly string[]
  /** All of it for a person. */
  readonly detail: string
}

/** How far a statement is from allowing a request: another action is furthest, a condition nearest. */
const weights = { action: 100, resource: 10, condition: 1 } as const
const distance = ({ unmet }: StatementAnswer): number =>
  unmet.reduce((sum, { part }) => sum + weights[part], 0)

const valueOf = ({ context }: ConcreteRequest, key: string) =>
  Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]

function conditionFailure(
  { operator, key }: Extract<Unmet, { part: 'condition' }>,
  { conditions = {} }: PolicyStatement,
  request: ConcreteRequest,
): string {
  const found = valueOf(request, key)
  const has =
    found === undefined
      ? `no ${key} was given for the request`
      : `the request has ${list([found].flat()) || 'no value'}`
  return `It demands that ${conditionWords(operator, key, conditions[operator]?.[key] ?? [])}, and ${has}.`
}

function failure(unmet: Unmet, statement: PolicyStatement, request: ConcreteRequest): string {
  if (unmet.part === 'condition') return conditionFailure(unmet, statement, request)
  const { actions, resources } = statement
  if (unmet.part === 'action')
    return actions.negated
      ? `${request.action} is one of the actions that it leaves out.`
      : `${request.action} is none of its actions, ${list(actions.patterns)}.`
  if (resources.negated) return `${request.resource} is one of the resources that it leaves out.`
  const near = nearest(request.resource, resources.patterns) ?? ''
  const apart = difference(request.resource, near)
  return `${request.resource} is not among its resources; the nearest is ${near}${apart === undefined ? '' : `: ${apart}`}.`
}

/** The statement that comes nearest; of several that lack the same, the one whose patterns are most alike. */
function closestOf(answers: readonly StatementAnswer[], { action, resource }: ConcreteRequest) {
  const allows = answers.filter(({ statement }) => statement.effect === 'Allow')
  const least = Math.min(...allows.map(distance))
  const tied = allows.filter((answer) => distance(answer) === least)
  const of = ({ statement: { actions, resources } }: StatementAnswer): readonly string[] =>
    least >= weights.action ? actions.patterns : resources.patterns
  const alike = nearest(least >= weights.action ? action : resource, tied.flatMap(of))
  return tied.find((answer) => alike !== undefined && of(answer).includes(alike))
}

/** What is wrong with the request whatever the policy is. */
function oddity({ action, resource }: ConcreteRequest): string | undefined {
  const known = actionOf(action)
  if (!known) return `AWS documents no action ${action}.`
  if (known.on.length === 0 && resource !== '*')
    return `${known.name} acts on no resource that can be named: AWS asks for it on *.`
  return undefined
}

/**
 * Judges a request by a policy. A key that the request is not said to have is not in it, as `evaluate` takes
 * it: what a Deny demands of such a key is told like any other reason.
 */
export function judgeRequest(document: PolicyDocument, request: ConcreteRequest): Verdict {
  const { verdict, by, statements } = evaluate(document, request)
  const what = `${request.action} on ${request.resource}`
  const odd = oddity(request)
  const note = odd === undefined ? '' : ` ${odd}`
  const at = by.map((statement) => statement.at)
  if (verdict === 'allowed')
    return { verdict, by: at, failed: [], detail: `${what} is allowed by ${list(at)}.${note}` }
  if (verdict === 'explicitly denied') {
    const why = by.flatMap(({ conditions = {} }) =>
      Object.entries(conditions).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => {
          const absent = valueOf(request, key) === undefined ? ' (none was given)' : ''
          return `${conditionWords(operator, key, values)}${absent}`
        }),
      ),
    )
    const reason = why.length > 0 ? `, since ${list(why)}` : ''
    return { verdict, by: at, failed: [], detail: `${what} is denied by ${list(at)}${reason}.${note}` }
  }
  const closest = closestOf(statements, request)
  if (!closest)
    return { verdict, by: [], failed: [], detail: `${what} is not allowed: the policy allows nothing.` }
  const failed = closest.unmet.map((unmet) => failure(unmet, closest.statement, request))
  const where = closest.statement.at
  return {
    verdict,
    by: [],
    nearest: where,
    failed,
    detail: `${what} is not allowed. The nearest statement is ${where}: ${failed.join(' ')}${note}`,
  }
}
