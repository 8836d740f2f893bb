import type { Statement } from '../iam/statement.js'
import type { Agreed, Estimated, History, HistoryState, Issued, Party, Voted } from './history.js'
import { factsIn, listIn, numberIn, textIn, textsIn, type Facts, type Told } from './told.js'

/** Grants' histories, as they grow. */
export interface Histories {
  /** Takes the next event in. Kinds that are of no grant, or that it does not know, change nothing. */
  take(told: Told): void
  get(grant: string): History | undefined
  /** In the order in which they were asked for. */
  all(): IterableIterator<History>
}

const states: ReadonlyMap<string, HistoryState> = new Map([
  ['grant.denied', 'denied'],
  ['grant.pending', 'pending'],
  ['grant.active', 'active'],
  ['grant.lapsed', 'lapsed'],
  ['grant.cancelled', 'cancelled'],
  ['grant.revoked', 'revoked'],
  ['grant.ended', 'ended'],
])

const issuanceStates: ReadonlyMap<string, Issued['state']> = new Map([
  ['issuance.started', 'started'],
  ['issuance.done', 'done'],
  ['issuance.withheld', 'withheld'],
  ['issuance.failed', 'failed'],
  ['issuance.unknown', 'unknown'],
])

/** Folds events, oldest first, into what they say of each grant: in memory that grows with grants, not with events. */
export function createHistories(): Histories {
  const known = new Map<string, History>()
  const same = sharing()
  return {
    take(told) {
      if (told.grant === undefined) return
      const before = known.get(told.grant)
      const after = before ? next(before, told, same) : first(told.grant, told, same)
      if (after && after !== before) known.set(told.grant, after)
    },
    get: (grant) => known.get(grant),
    all: () => known.values(),
  }
}

/** The ask: nothing else begins a history, since what came before it was cut off. */
function first(id: string, { seq, kind, at, by, data }: Told, same: Sharing): History | undefined {
  const state = states.get(kind)
  if (!state || data['ask'] === undefined) return undefined
  const [ask, decision] = [factsIn(data, 'ask'), factsIn(data, 'decision')]
  return {
    id,
    state,
    asker: partyIn(factsIn(data, 'asker'), by),
    seq,
    askedAt: at,
    role: textIn(ask, 'role') ?? '',
    reason: textIn(ask, 'reason'),
    ticket: textIn(ask, 'ticket'),
    outcome: textIn(decision, 'outcome') ?? '',
    ...decided(decision, same),
    ...timesIn(data),
    closedBy: undefined,
    closedReason: undefined,
    votes: [],
    issuances: [],
    review: undefined,
  }
}

function next(before: History, told: Told, same: Sharing): History {
  const { kind, at, by, data } = told
  const state = states.get(kind)
  if (state) {
    const times = timesIn(data)
    const again = data['decision'] === undefined ? before : decided(factsIn(data, 'decision'), same)
    const closing = times.closedAt !== undefined && by !== 'stint'
    return {
      ...before,
      ...again,
      // What was agreed is pinned, whatever is decided later.
      scope: before.scope ?? again.scope,
      ...times,
      state,
      ...(closing && { closedBy: by, closedReason: textIn(data, 'reason') }),
    }
  }
  if (kind === 'vote.cast') return { ...before, votes: [...before.votes, votedIn(told)] }
  if (kind === 'review.opened') return { ...before, review: { openedAt: at, signed: undefined } }
  if (kind === 'review.signed' && before.review)
    return { ...before, review: { ...before.review, signed: { by, at, text: textIn(data, 'text') } } }
  const issued = issuanceStates.get(kind)
  const id = textIn(data, 'issuance')
  if (!issued || id === undefined) return before
  const old = before.issuances.find((one) => one.id === id)
  const row: Issued = {
    id,
    state: issued,
    startedAt: numberIn(data, 'startedAt') ?? at,
    finishedAt: numberIn(data, 'finishedAt'),
    fault: textIn(data, 'fault'),
    roleArn: textIn(data, 'roleArn') ?? old?.roleArn,
    sessionName: textIn(data, 'sessionName') ?? old?.sessionName,
    sourceIdentity: textIn(data, 'sourceIdentity') ?? old?.sourceIdentity,
    accessKeyId: textIn(data, 'accessKeyId') ?? old?.accessKeyId,
    assumedRoleId: textIn(data, 'assumedRoleId') ?? old?.assumedRoleId,
    stsRequestId: textIn(data, 'stsRequestId') ?? old?.stsRequestId,
    expiresAt: numberIn(data, 'expiresAt') ?? old?.expiresAt,
    address: textIn(factsIn(data, 'caller'), 'address') ?? old?.address,
  }
  const others = before.issuances
  return { ...before, issuances: old ? others.map((one) => (one === old ? row : one)) : [...others, row] }
}

const partyIn = (facts: Facts, by: string): Party => ({
  subject: textIn(facts, 'subject') ?? by,
  kind: textIn(facts, 'kind'),
  actor: textIn(facts, 'actor'),
  address: textIn(facts, 'address'),
})

const timesIn = (data: Facts) => ({
  decideBy: numberIn(data, 'decideBy'),
  activeAt: numberIn(data, 'activeAt'),
  endsAt: numberIn(data, 'endsAt'),
  closedAt: numberIn(data, 'closedAt'),
})

const votedIn = ({ at, by, data }: Told): Voted => ({
  by,
  answer: textIn(data, 'answer') ?? '',
  reason: textIn(data, 'reason'),
  at,
  road: textIn(factsIn(factsIn(data, 'voter'), 'via'), 'road'),
})

const decided = (decision: Facts, same: Sharing) => ({
  scope: decision['scope'] === undefined ? undefined : same(agreedIn(factsIn(decision, 'scope'))),
  failed: same(listIn(decision, 'checks').flatMap((one) => failedIn(one))),
  config: textIn(decision, 'config'),
  cost: estimatedIn(factsIn(decision, 'cost')),
  rules: same(listIn(decision, 'requirements').flatMap((one) => textIn(one, 'rule') ?? [])),
})

const failedIn = (check: Facts): readonly string[] =>
  check['ok'] === false ? [textIn(check, 'check') ?? ''] : []

const agreedIn = (scope: Facts): Agreed => ({
  account: textIn(scope, 'account'),
  accountName: textIn(scope, 'accountName'),
  arn: textIn(scope, 'arn'),
  statements: listIn(scope, 'statements').map(statementIn),
  regions: textsIn(scope, 'regions'),
  window: numberIn(scope, 'window'),
})

/** Conditions are kept as they were recorded: they were compiled from a ceiling. */
const statementIn = (facts: Facts): Statement => ({
  actions: textsIn(facts, 'actions'),
  resources: textsIn(facts, 'resources'),
  ...(facts['conditions'] !== undefined && {
    conditions: facts['conditions'] as NonNullable<Statement['conditions']>,
  }),
})

function estimatedIn(cost: Facts): Estimated {
  const [receipt, declared] = [factsIn(cost, 'receipt'), numberIn(factsIn(cost, 'declared'), 'usd')]
  const unbounded = listIn(receipt, 'unbounded').length > 0
  return {
    usd: declared ?? (unbounded ? undefined : numberIn(receipt, 'usd')),
    declared: declared !== undefined,
    unbounded,
    unpriced: numberIn(receipt, 'unpricedCount') ?? 0,
  }
}

type Sharing = <T>(value: T) => T

/** Thousands of grants are of a handful of roles: what reads the same is kept once. */
function sharing(): Sharing {
  const kept = new Map<string, unknown>()
  return <T>(value: T): T => {
    const text = JSON.stringify(value)
    if (!kept.has(text)) kept.set(text, value)
    return kept.get(text) as T
  }
}
