import { rolePolicy } from '../catalog/role-policy.js'
import { Fault } from '../fault.js'
import { readDocument } from '../iam/document-read.js'
import { explain, type Explanation, type Question } from '../iam/explain/explain.js'
import { kindOf } from '../iam/lint/find-policies.js'
import { isObject } from '../iam/json.js'
import type { Broker, Call } from './broker.js'
import { roles } from './me.js'
import { isAuditor, isOperator } from './visible.js'

/** What is to be explained: a policy, or a role of the catalogue in one of its accounts. */
export interface Explained extends Question {
  readonly policy?: unknown
  readonly role?: string
  readonly account?: string
}

/**
 * Says what a policy, or a role with its bounds, allows. A role is explained to whoever may ask for it, to
 * auditors and to operators; to others it is not there. Records nothing, like any look at the catalogue.
 */
export function explainPolicy(broker: Broker, call: Call, asked: Explained): Explanation {
  const { policy, role, account, ...question } = asked
  const now = broker.clock()
  if ((policy === undefined) === (role === undefined)) throw wrong('Name either a policy or a role.')
  if (role === undefined) {
    if (account !== undefined) throw wrong('An account is one of a role; a policy has none.')
    const read = readDocument(policy, isObject(policy) ? kindOf(policy) : 'identity')
    if (read.ok) return explain(read.document, question, { now })
    const faults = read.faults.slice(0, 5).map(({ at, detail }) => `policy${at}: ${detail}`)
    throw wrong(faults.join(' '))
  }
  const { caller } = call
  const sees = isAuditor(broker, caller) || isOperator(broker, caller)
  const found = sees
    ? broker.catalog().roles.get(role)
    : roles(broker, call).find((view) => view.role.name === role)?.role
  if (!found) throw new Fault('not_found', `There is no role ${role} that is yours to see.`)
  const [first] = found.targets.values()
  const target = account === undefined && found.targets.size === 1 ? first : found.targets.get(account ?? '')
  if (!target)
    throw wrong(`${role} is in the accounts ${[...found.targets.keys()].join(', ')}: name one of them.`)
  const document = rolePolicy(found, target, now + found.limits[caller.kind].lifetime)
  return explain(document, question, { now, region: target.regions[0] })
}

const wrong = (detail: string) => new Fault('invalid_request', detail)
