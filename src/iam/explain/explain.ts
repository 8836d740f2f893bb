import { Fault } from '../../fault.js'
import { iso, type Instant } from '../../time.js'
import { actionFault } from '../action.js'
import { actionOf, isWildcardOnly } from '../actions.js'
import { arnFault, parseArn } from '../arn.js'
import type { PolicyDocument } from '../document.js'
import type { ConcreteRequest } from '../evaluate.js'
import { serviceOf } from '../services.js'
import { summarise, type Summary } from './summary.js'
import { judgeRequest, type Verdict } from './verdict.js'
import { list } from './words.js'

/** What somebody wants to know of a policy: all of it, or whether it allows one thing. */
export interface Question {
  readonly action?: string
  /** May be left out where the action knows no resources. */
  readonly resource?: string
  readonly context?: Readonly<Record<string, string | readonly string[]>>
}

export interface Explanation extends Summary {
  /** Where one thing was asked about. */
  readonly verdict?: Verdict
}

/** Comparisons of a wildcard with the name of an action: about a tenth of a second of them. */
const mostComparisons = 100_000

/** The patterns of a hostile policy would keep everybody else waiting. */
function mustBeShort({ statements }: PolicyDocument): void {
  const comparisons = statements
    .flatMap(({ actions }) => actions.patterns)
    .filter((pattern) => /[*?]/.test(pattern))
    .reduce((sum, pattern) => sum + (serviceOf(pattern.split(':')[0] ?? '')?.actions.size ?? 0), 0)
  if (comparisons > mostComparisons)
    throw wrong(
      'The policy has too many wildcards in its actions to be explained at once; ask about a part of it.',
    )
}

/**
 * Explains a policy. The time of a request that is asked about is `now`, and its region the resource's, else
 * `region`, unless the question gives others. Throws `invalid_request` where the question makes no sense, or the policy has more
 * wildcards than any that is meant.
 */
export function explain(
  document: PolicyDocument,
  question: Question,
  { now, region }: { readonly now: Instant; readonly region?: string | undefined },
): Explanation {
  mustBeShort(document)
  const request = requestOf(question, now, region)
  return { ...summarise(document), ...(request && { verdict: judgeRequest(document, request) }) }
}

function requestOf(
  { action, resource, context = {} }: Question,
  now: Instant,
  region: string | undefined,
): ConcreteRequest | undefined {
  if (action === undefined) {
    if (resource === undefined && Object.keys(context).length === 0) return undefined
    throw wrong('A resource or a context is about one action: name it, such as dynamodb:GetItem.')
  }
  const on = resource ?? anyResource(action)
  for (const fault of [actionFault(action), on === '*' ? undefined : arnFault(on)])
    if (fault !== undefined) throw wrong(fault)
  if (/[*?]/.test(action)) throw wrong(`${action} has a wildcard; ask about one action.`)
  if (on !== '*' && /[*?]/.test(on)) throw wrong(`${on} has a wildcard; ask about one resource.`)
  const usual = { 'aws:CurrentTime': iso(now), 'aws:RequestedRegion': parseArn(on)?.region || region }
  const given = Object.keys(context).map((key) => key.toLowerCase())
  const added = Object.entries(usual).filter(
    ([key, value]) => value !== undefined && !given.includes(key.toLowerCase()),
  )
  return {
    action,
    resource: on,
    context: { ...(Object.fromEntries(added) as Record<string, string>), ...context },
  }
}

function anyResource(action: string): string {
  const known = actionOf(action)
  if (!known || isWildcardOnly(known)) return '*'
  const arns = known.on.map(({ type }) => type.arn.replace(/\$\{(\w+)\}/g, '<$1>'))
  throw wrong(`${known.name} acts on resources: name the one you mean, of the form ${list(arns, 'or', 3)}.`)
}

const wrong = (detail: string) => new Fault('invalid_request', detail)
