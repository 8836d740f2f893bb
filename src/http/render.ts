import type { Entry } from '../audit/event.js'
import type { Requirement } from '../approval/rule.js'
import type { Decision, Scope } from '../decision/decision.js'
import type { Grant, Issuance, Review, Snapshot, Vote } from '../grant/grant.js'
import type { Explanation } from '../iam/explain/explain.js'
import type { Me, RoleView } from '../grant/me.js'
import type { Credentials } from '../grant/mint.js'
import type { Signed } from '../grant/proofs.js'
import type * as Contract from './contract.js'
import { renderAftermath } from './render-aftermath.js'
import { renderCost } from './render-cost.js'
import type { Wire } from './wire.js'
import { formatDuration, iso, type Instant } from '../time.js'

/**
 * The domain as the contract's JSON. Every field is named here, so that a new one in the domain is shown to
 * nobody until somebody decides so; what is undefined is left out by the serialiser.
 */
export const renderGrant = (grant: Grant): Wire<Contract.Grant> => ({
  id: grant.id,
  version: grant.version,
  state: grant.state,
  role: grant.ask.role,
  account: grant.scope?.account ?? grant.ask.account,
  accountName: grant.scope?.accountName,
  asker: renderAsker(grant.asker),
  reason: grant.ask.reason,
  ticket: grant.ask.ticket,
  scope: grant.scope && renderScope(grant.scope),
  decision: renderDecision(grant.decision),
  breakGlass: grant.ask.breakGlass || undefined,
  review: grant.review && renderReview(grant.review),
  createdAt: iso(grant.createdAt),
  decideBy: time(grant.decideBy),
  activeAt: time(grant.activeAt),
  endsAt: time(grant.endsAt),
  closedAt: time(grant.closedAt),
  closedBy: grant.closedBy,
  closedReason: grant.closedReason,
})

export const renderSnapshot = ({ grant, votes, issuances, aftermath }: Snapshot): Wire<Contract.Grant> => ({
  ...renderGrant(grant),
  votes: votes.map(renderVote),
  issuances: issuances.map(renderIssuance),
  sessions: aftermath && renderAftermath(aftermath),
})

export const renderDecision = ({
  outcome,
  checks,
  requirements,
  passedOver,
  scope,
  cost,
  config,
  at,
}: Decision): Wire<Contract.Decision> => ({
  outcome,
  checks: renderChecks(checks),
  requirements: renderRequirements(requirements),
  passedOver: passedOver && renderRequirements(passedOver),
  scope: scope && renderScope(scope),
  cost: cost && renderCost(cost),
  config,
  at: iso(at),
})

export const renderChecks = (checks: Decision['checks']) =>
  checks.map(({ check, ok, detail, remedy }) => ({ check, ok, detail, remedy }))

export const renderRequirements = (requirements: readonly Requirement[]) =>
  requirements.map(({ rule, votes, by, within, distinct, slack = true }) => ({
    rule,
    votes,
    by,
    within: formatDuration(within),
    distinct,
    slack,
  }))

const renderReview = ({ reviewers, signed }: Review): Wire<Contract.Review> => ({
  state: signed ? 'signed' : 'open',
  reviewers,
  by: signed?.by,
  at: time(signed?.at),
  text: signed?.text,
})

const renderScope = (scope: Scope): Wire<Contract.Scope> => ({
  role: scope.role,
  account: scope.account,
  accountName: scope.accountName,
  arn: scope.arn,
  statements: scope.statements.map(({ actions, resources, conditions }) => ({
    actions,
    resources,
    conditions,
  })),
  managed: scope.managed,
  regions: scope.regions,
  egress: scope.egress,
  window: formatDuration(scope.window),
  lifetime: formatDuration(scope.lifetime),
})

const renderAsker = ({ subject, kind, groups, actor, address }: Grant['asker']): Wire<Contract.Asker> => ({
  subject,
  kind,
  groups,
  actor,
  address,
})

const renderVote = ({ voter, answer, reason, at }: Vote): Wire<Contract.Vote> => ({
  voter: voter.subject,
  via: voter.via && { road: voter.via.road, user: voter.via.user },
  answer,
  reason,
  at: iso(at),
})

const renderIssuance = (row: Issuance): Wire<Contract.Issuance> => ({
  id: row.id,
  state: row.state,
  sessionName: row.sessionName,
  startedAt: iso(row.startedAt),
  finishedAt: time(row.finishedAt),
  accessKeyId: row.accessKeyId,
  assumedRoleId: row.assumedRoleId,
  expiresAt: time(row.expiresAt),
  packedPolicySize: row.packedPolicySize,
  attempts: row.attempts,
  stsRequestId: row.stsRequestId,
  fault: row.fault,
})

/** The one answer that holds a secret. */
export const renderCredentials = (credentials: Credentials): Wire<Contract.Credentials> => ({
  accessKeyId: credentials.accessKeyId,
  secretAccessKey: credentials.secretAccessKey,
  sessionToken: credentials.sessionToken,
  expiresAt: iso(credentials.expiresAt),
})

export const renderEntry = ({ seq, at, kind, by, grant, text, leaf }: Entry): Wire<Contract.Entry> => ({
  seq,
  at: iso(at),
  kind,
  by,
  grant,
  text,
  leaf,
})

export const renderRole = ({ role, limits, who, approval, breakGlass }: RoleView): Wire<Contract.Role> => ({
  name: role.name,
  description: role.description,
  who,
  from: role.from === 'any' ? ['any'] : role.from,
  accounts: [...role.targets.values()].map(({ account, accountName, regions }) => ({
    id: account,
    name: accountName,
    regions,
    approval: approval.get(account) ?? [],
  })),
  limits: {
    window: { default: formatDuration(limits.window.default), max: formatDuration(limits.window.max) },
    lifetime: formatDuration(limits.lifetime),
  },
  ticket: role.ticket,
  reason: { min: role.reason.min, max: role.reason.max },
  breakGlass: breakGlass && { window: formatDuration(breakGlass.window), reason: breakGlass.reason },
})

export const renderMe = ({ caller, networks, auditor, operator }: Me): Wire<Contract.Me> => ({
  subject: caller.subject,
  issuer: caller.issuer,
  kind: caller.kind,
  groups: caller.groups,
  actor: caller.actor,
  claims: caller.claims,
  authTime: time(caller.authTime),
  acr: caller.acr,
  amr: caller.amr,
  address: caller.address,
  networks,
  auditor,
  operator,
  expiresAt: iso(caller.expiresAt),
})

const time = (at: Instant | undefined) => (at === undefined ? undefined : iso(at))

export const renderExplanation = ({
  sentences,
  services,
  regions,
  until,
  verdict,
}: Explanation): Wire<Contract.Explanation> => ({
  sentences: [...sentences],
  services: services.map(({ prefix, name, levels, statements }) => ({
    prefix,
    name,
    levels: [...levels],
    statements: [...statements],
  })),
  regions: regions && [...regions],
  until: time(until),
  verdict: verdict && { ...verdict, by: [...verdict.by], failed: [...verdict.failed] },
})

export const renderCheckpoint = ({ size, at, note, consistency }: Signed): Wire<Contract.Checkpoint> => ({
  size,
  at: iso(at),
  note,
  consistency: consistency && [...consistency],
})
