// Generated from openapi.yaml by `npm run contract`. Change that file, not this one.

/**
 * An AWS account.
 */
export type AccountId = string
/**
 * ISO 8601 with a zone.
 */
export type Time = string
export type Answer = 'yes' | 'no'
/**
 * Name of an entry in the catalogue.
 */
export type RoleName = string
/**
 * One line of visible text. Control characters, line separators, characters that are invisible or
 * change the direction of text, and unpaired surrogates are refused, so that what an approver reads is
 * what was written.
 *
 */
export type Line = string
/**
 * Whole numbers with a unit (`d`, `h`, `m`, `s`), largest first, each unit once; more than nothing.
 */
export type Duration = string
/**
 * An IAM action or ARN, with `*` and `?` where IAM allows them.
 */
export type IamPattern = string
export type RegionName = string
/**
 * Persons vote; workloads never do.
 */
export type CallerKind = 'person' | 'workload'
export type Outcome = 'allow' | 'approve' | 'deny'
export type EventKind =
  | 'grant.denied'
  | 'grant.pending'
  | 'grant.active'
  | 'grant.lapsed'
  | 'grant.cancelled'
  | 'grant.revoked'
  | 'grant.ended'
  | 'vote.cast'
  | 'review.opened'
  | 'review.signed'
  | 'issuance.started'
  | 'issuance.done'
  | 'issuance.withheld'
  | 'issuance.failed'
  | 'issuance.unknown'
  | 'revocation.placed'
  | 'revocation.lifted'
  | 'revocation.written'
  | 'revocation.failed'
  | 'request.refused'
  | 'audit.read'
  | 'config.loaded'
  | 'config.refused'
  | 'check.started'
  | 'check.done'
  | 'log.restored'
  | 'log.keys'
  | 'log.archived'
  | 'log.dropped'
  | 'log.migrated'
  | 'slack.linked'
  | 'slack.unlinked'
/**
 * A ULID.
 */
export type Ulid = string
/**
 * Every way in which Stint says no.
 */
export type FaultCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'denied'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'conflict'
  | 'contended'
  | 'in_flight'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'key_reused'
  | 'rate_limited'
  | 'internal'
  | 'sts_denied'
  | 'sts_rejected'
  | 'sts_policy_too_large'
  | 'sts_region_disabled'
  | 'sts_broker_credentials'
  | 'sts_throttled'
  | 'sts_unreachable'
  | 'store_unavailable'
  | 'keys_unavailable'
  | 'record_behind'
  | 'rules_unsettled'
  | 'overloaded'
  | 'shutting_down'
  | 'invalid_config'
export type GrantState = 'denied' | 'pending' | 'active' | 'lapsed' | 'cancelled' | 'revoked' | 'ended'
export type ReviewState = 'open' | 'signed'
export type RevokedKind = 'subject' | 'role' | 'account' | 'all'
/**
 * Lines for a POSIX shell to eval. What is not a success evals to a message on stderr and a false status.
 */
export type ShellScript = string
/**
 * A canonical subject, `<directory>#<subject>`.
 */
export type Subject = string
export type WholeSubject = string

/**
 * Every schema of the contract by its name.
 */
export interface Schemas {
  AccountId: AccountId
  Aftermath: Aftermath
  Answer: Answer
  Ask: Ask
  Asker: Asker
  Ballot: Ballot
  CallerKind: CallerKind
  Check: Check
  Checkpoint: Checkpoint
  CheckpointPage: CheckpointPage
  Closing: Closing
  Cost: Cost
  CostLine: CostLine
  CostNote: CostNote
  Credentials: Credentials
  Decision: Decision
  DeclaredCost: DeclaredCost
  Duration: Duration
  Entry: Entry
  EntryPage: EntryPage
  EventKind: EventKind
  ExplainRequest: ExplainRequest
  ExplainedService: ExplainedService
  Explanation: Explanation
  FaultCode: FaultCode
  Grant: Grant
  GrantPage: GrantPage
  GrantState: GrantState
  Granted: Granted
  Health: Health
  IamPattern: IamPattern
  Issuance: Issuance
  Leaver: Leaver
  Lifted: Lifted
  Line: Line
  Me: Me
  Outcome: Outcome
  Parts: Parts
  Pending: Pending
  Problem: Problem
  Proof: Proof
  Readiness: Readiness
  Reason: Reason
  Receipt: Receipt
  RegionName: RegionName
  Requirement: Requirement
  Review: Review
  ReviewState: ReviewState
  Revocation: Revocation
  RevocationPage: RevocationPage
  RevokedKind: RevokedKind
  Revoking: Revoking
  Role: Role
  RoleAccount: RoleAccount
  RoleAftermath: RoleAftermath
  RoleLimits: RoleLimits
  RoleList: RoleList
  RoleName: RoleName
  Scope: Scope
  ShellScript: ShellScript
  SignOff: SignOff
  SlackCode: SlackCode
  SlackLink: SlackLink
  Statement: Statement
  Subject: Subject
  Time: Time
  Ulid: Ulid
  Verdict: Verdict
  Vote: Vote
  WholeSubject: WholeSubject
}
/**
 * What becomes of sessions that are out when nothing more is issued.
 */
export interface Aftermath {
  /**
   * When the last of them ends by itself.
   */
  until: string
  /**
   * `written`: AWS took the deny and applies it within minutes. `due`: it has not yet, and is asked again.
   * `none`: nothing is denied there, since the role's entry does not let Stint.
   *
   */
  aws: 'written' | 'due' | 'none'
  writtenAt?: Time
  /**
   * Why AWS has not taken it.
   */
  fault?: string
  detail: string
}
/**
 * What the caller wants. What is not narrowed stays as the role's ceiling has it.
 */
export interface Ask {
  role: RoleName
  account?: AccountId
  reason?: Line
  /**
   * The ticket that the work belongs to, where the role asks for one.
   */
  ticket?: string
  window?: Duration
  /**
   * Narrows to these actions.
   *
   * @minItems 1
   * @maxItems 50
   */
  actions?: [IamPattern, ...IamPattern[]]
  /**
   * Narrows to these resources.
   *
   * @minItems 1
   * @maxItems 50
   */
  resources?: [IamPattern, ...IamPattern[]]
  /**
   * Narrows to these regions.
   *
   * @minItems 1
   * @maxItems 50
   */
  regions?: [RegionName, ...RegionName[]]
  /**
   * In an emergency: at once, without those who would have to agree, where the role has it for the caller. It is
   * said aloud, and must be reviewed. Nothing else is passed over.
   *
   */
  breakGlass?: boolean
}
/**
 * Who asked, as their token and address said then.
 */
export interface Asker {
  subject: string
  kind: CallerKind
  groups: string[]
  /**
   * The person behind a workload's run.
   */
  actor?: string
  address: string
}
/**
 * A vote as it is cast.
 */
export interface Ballot {
  answer: Answer
  reason?: Line
}
/**
 * One question that was asked of the ask, with its answer.
 */
export interface Check {
  check:
    | 'role'
    | 'deny'
    | 'revoked'
    | 'who'
    | 'break_glass'
    | 'account'
    | 'network'
    | 'sign_in'
    | 'reason'
    | 'ticket'
    | 'window'
    | 'scope'
    | 'regions'
    | 'fits'
    | 'cost'
    | 'rules'
    | 'approvers'
  ok: boolean
  detail: string
  /**
   * What would make it pass.
   */
  remedy?: string
}
export interface Checkpoint {
  /**
   * How many events it is of.
   */
  size: number
  /**
   * When it was signed.
   */
  at: string
  /**
   * The signed note (C2SP signed-note and tlog-checkpoint).
   */
  note: string
  /**
   * RFC 6962 section 2.1.2, from the tree of `from` events to this one, base64.
   */
  consistency?: string[]
}
export interface CheckpointPage {
  checkpoints: Checkpoint[]
  /**
   * Goes into `after` for the next page; absent on the last.
   */
  next?: number
}
/**
 * Why it is cancelled or ended.
 */
export interface Closing {
  reason?: Line
}
/**
 * What the session could cost at most, and whether somebody must agree to that. Never a forecast.
 */
export interface Cost {
  /**
   * In a sentence, for a person.
   */
  detail: string
  /**
   * The bound that rules see, in USD: what was declared, else the receipt's sum. Absent where nothing bounds it or it could not be computed.
   */
  usd?: number
  unbounded: boolean
  /**
   * Why somebody must agree, in sentences; empty where nobody needs to.
   */
  agree: string[]
  /**
   * What would need nobody to agree, in sentences, each by itself; absent where nothing of the sort would.
   */
  under?: string[]
  declared?: DeclaredCost
  /**
   * What was granted before over the account's horizon, in USD, where it was counted: of what had no bound the part that is priced.
   */
  recent?: {
    person: number
    role: number
    account: number
    all: number
  }
  /**
   * What limits refuse it, in sentences that say when there is room again.
   */
  refusals?: string[]
  receipt?: Receipt
}
/**
 * What an operator declares the role to cost, which stands over the receipt.
 */
export interface DeclaredCost {
  usd: number
  because: string
  /**
   * The last day on which it holds, in UTC.
   */
  until: string
}
/**
 * What the bound is made of: for each quota pool in each region the dearest use, what flows for the window, and commitments in full. With the data that `data` names it can be computed again.
 */
export interface Receipt {
  /**
   * The version of the formula.
   */
  formula: number
  /**
   * The sum of all lines, in USD.
   */
  usd: number
  /**
   * The dearest, dearest first.
   */
  lines: CostLine[]
  /**
   * The lines that are not shown.
   */
  rest?: {
    lines: number
    usd: number
  }
  /**
   * Why nothing bounds it, by action.
   */
  unbounded: CostNote[]
  /**
   * What binds the account for good. None of it can be cancelled.
   */
  commitments: CostNote[]
  /**
   * Actions that write, and that nobody has priced or found to be free; the first of them.
   */
  unpriced: CostNote[]
  /**
   * How many there are.
   */
  unpricedCount: number
  /**
   * The day of the oldest price on it.
   */
  oldest?: string
  window: Duration
  /**
   * How long what outlives the session is charged for beyond it.
   */
  horizon: string
  regions: string[]
  /**
   * The quotas that are declared for the account, by pool.
   */
  quotas: {
    [k: string]:
      | number
      | {
          [k: string]: number
        }
  }
  /**
   * The version of the list of AWS's actions.
   */
  actions: string
  /**
   * SHA-256 of each file of data that it rests on.
   */
  data: {
    prices: string
    ec2: string
    drivers: string
    free: string
    quotas: string
  }
}
/**
 * One thing that could be bought in some regions: quantity x unitPrice x regions, x hours where it is rented.
 */
export interface CostLine {
  driver: string
  /**
   * Those of the ask that can do it.
   */
  actions: string[]
  regions: string[]
  /**
   * In each region: at a time where it is rented, else in all.
   */
  quantity: number
  unit: string
  /**
   * What keeps it from being more.
   */
  limit: string
  /**
   * USD.
   */
  unitPrice: number
  /**
   * The window and the horizon, for what outlives the session.
   */
  hours?: number
  usd: number
  price: {
    source: string
    /**
     * The day on which it was so.
     */
    retrieved: string
    /**
     * A third party's word.
     */
    unverified?: boolean
    /**
     * The dearest kind that is allowed still.
     */
    type?: string
    /**
     * The price is us-east-1's times this.
     */
    factor?: number
  }
  /**
   * What the figure leaves out or takes for granted.
   */
  assumes?: string
}
export interface CostNote {
  action: string
  why: string
}
/**
 * Temporary AWS credentials. Stint keeps no copy of the secret and the token.
 */
export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  expiresAt: Time
}
/**
 * The answer to an ask, as a value.
 */
export interface Decision {
  outcome: Outcome
  checks: Check[]
  requirements: Requirement[]
  /**
   * Where the glass is broken, what would have been required.
   */
  passedOver?: Requirement[]
  scope?: Scope
  cost?: Cost
  /**
   * SHA-256 of the configuration that it was made under.
   */
  config: string
  at: Time
}
/**
 * An approval rule that applies.
 */
export interface Requirement {
  rule: string
  votes: number
  /**
   * Who may vote, in words.
   */
  by: string
  /**
   * How long the ask may wait for these votes.
   */
  within: string
  /**
   * Votes counted here count for no other requirement.
   */
  distinct: boolean
  /**
   * Whether a click in Slack counts.
   */
  slack: boolean
}
/**
 * What the asker gets, derived by Stint and pinned in the grant.
 */
export interface Scope {
  role: string
  account: AccountId
  accountName: string
  /**
   * The IAM role that is assumed.
   */
  arn: string
  statements: Statement[]
  /**
   * The managed policy that allows these statements, where they fit into no inline session policy. Nothing of them was narrowed.
   */
  managed?: {
    /**
     * A policy in the account of the role.
     */
    arn: string
    /**
     * Of the ceiling that it holds.
     */
    sha256: string
  }
  /**
   * Nothing works outside these.
   */
  regions: string[]
  /**
   * Nothing works from addresses outside these ranges.
   */
  egress?: string[]
  /**
   * How long the work may go on.
   */
  window: string
  /**
   * How long one credential lives inside the window.
   */
  lifetime: string
}
/**
 * What may be done to what, and under which conditions.
 */
export interface Statement {
  actions: string[]
  resources: string[]
  /**
   * Condition operator, then key, then the accepted values.
   */
  conditions?: {
    [k: string]: {
      [k: string]: string[]
    }
  }
}
/**
 * One event in its place in the log.
 */
export interface Entry {
  seq: number
  at: Time
  kind: EventKind
  by: string
  grant?: Ulid
  /**
   * The exact bytes that were hashed: JSON.
   */
  text: string
  /**
   * RFC 6962 leaf hash of `text`, hex.
   */
  leaf: string
}
export interface EntryPage {
  events: Entry[]
  /**
   * Goes into `after` for the next page; absent on the last.
   */
  next?: number
}
/**
 * Either a policy or a role; and what one wants to know of it, where that is one action.
 */
export interface ExplainRequest {
  /**
   * An IAM policy document, a trust policy or a resource's policy.
   */
  policy?: {
    [k: string]: unknown
  }
  role?: RoleName
  account?: AccountId
  /**
   * One action, such as `dynamodb:GetItem`.
   */
  action?: string
  /**
   * The ARN that it is done to; may be left out where the action knows no resources.
   */
  resource?: string
  /**
   * What the request has, by condition key. The time is now, and the region the resource's, unless given.
   */
  context?: {
    /**
     * @maxItems 50
     */
    [k: string]: string[]
  }
}
/**
 * A service with the levels of access that its actions have.
 */
export interface ExplainedService {
  /**
   * As actions begin, or `*`.
   */
  prefix: string
  name: string
  levels: string[]
  /**
   * Which statements allow it.
   */
  statements: string[]
}
/**
 * What a policy allows.
 */
export interface Explanation {
  /**
   * A statement a sentence, and then its bounds.
   */
  sentences: string[]
  /**
   * What is allowed at most, by service.
   */
  services: ExplainedService[]
  /**
   * Nothing works outside these.
   */
  regions?: string[]
  until?: Time
  verdict?: Verdict
}
/**
 * What AWS would say to one action on one resource by this policy.
 */
export interface Verdict {
  verdict: 'allowed' | 'explicitly denied' | 'not allowed'
  /**
   * The statements that decided.
   */
  by: string[]
  /**
   * The statement that comes nearest to allowing it.
   */
  nearest?: string
  /**
   * What of that statement failed.
   */
  failed: string[]
  /**
   * All of it for a person.
   */
  detail: string
}
/**
 * An ask that was decided, and what became of it.
 */
export interface Grant {
  id: Ulid
  /**
   * Counts the transitions.
   */
  version: number
  state: GrantState
  role: string
  account?: string
  accountName?: string
  asker: Asker
  reason?: string
  ticket?: string
  scope?: Scope
  decision: Decision
  /**
   * Whether the glass was to be broken for it.
   */
  breakGlass?: boolean
  review?: Review
  /**
   * Absent in lists.
   */
  votes?: Vote[]
  /**
   * Absent in lists.
   */
  issuances?: Issuance[]
  createdAt: Time
  /**
   * ISO 8601 with a zone.
   */
  decideBy?: string
  activeAt?: Time
  /**
   * ISO 8601 with a zone.
   */
  endsAt?: string
  closedAt?: Time
  closedBy?: string
  closedReason?: string
  sessions?: Aftermath1
}
/**
 * Somebody other than the asker must look at what was done, and sign it off.
 */
export interface Review {
  state: ReviewState
  /**
   * Who may, in words, as it was when the glass was broken.
   */
  reviewers: string
  /**
   * Canonical subject of who signed it off.
   */
  by?: string
  at?: Time
  text?: string
}
/**
 * A vote as it was cast.
 */
export interface Vote {
  /**
   * Canonical subject.
   */
  voter: string
  /**
   * The road by which it came, where that was no live token.
   */
  via?: {
    road: 'slack'
    /**
     * Who clicked, `team/user`, as Slack signed it.
     */
    user: string
  }
  answer: Answer
  reason?: string
  at: Time
}
/**
 * The record of one minting. Access key ids are no secrets; CloudTrail is joined on them.
 */
export interface Issuance {
  id: Ulid
  state: 'started' | 'done' | 'withheld' | 'failed' | 'unknown'
  /**
   * RoleSessionName in CloudTrail.
   */
  sessionName: string
  startedAt: Time
  finishedAt?: Time
  accessKeyId?: string
  assumedRoleId?: string
  expiresAt?: Time
  /**
   * Percent of STS's packed limit.
   */
  packedPolicySize?: number
  /**
   * How often STS was called for it.
   */
  attempts?: number
  stsRequestId?: string
  /**
   * Code of the fault that ended it.
   */
  fault?: string
}
/**
 * What becomes of sessions that are out when nothing more is issued.
 */
export interface Aftermath1 {
  /**
   * When the last of them ends by itself.
   */
  until: string
  /**
   * `written`: AWS took the deny and applies it within minutes. `due`: it has not yet, and is asked again.
   * `none`: nothing is denied there, since the role's entry does not let Stint.
   *
   */
  aws: 'written' | 'due' | 'none'
  writtenAt?: Time
  /**
   * Why AWS has not taken it.
   */
  fault?: string
  detail: string
}
export interface GrantPage {
  grants: Grant[]
  /**
   * A ULID.
   */
  next?: string
}
export interface Granted {
  grant: Grant
  credentials: Credentials
}
export interface Health {
  status: 'alive'
}
/**
 * Somebody who has left, as a directory of one's own making tells it; a known one has its own form.
 */
export interface Leaver {
  /**
   * Who has left, as the directory spells it.
   */
  name?: string
  reason?: string
}
export interface Lifted {
  by: string
  at: Time
  reason: string
}
/**
 * The caller, as Stint sees it.
 */
export interface Me {
  /**
   * Canonical subject.
   */
  subject: string
  issuer: string
  kind: CallerKind
  groups: string[]
  /**
   * The person behind a workload's run.
   */
  actor?: string
  /**
   * The claims that the configuration keeps for its rules.
   */
  claims: {
    [k: string]: string | number | boolean | string[]
  }
  authTime?: Time
  acr?: string
  amr?: string[]
  address: string
  /**
   * Named networks that the address lies in.
   */
  networks: string[]
  auditor: boolean
  operator: boolean
  /**
   * ISO 8601 with a zone.
   */
  expiresAt: string
}
/**
 * What the work rests on.
 */
export interface Parts {
  store: 'writable' | 'failed'
  /**
   * Whether it holds the head that its operator expects. While it is behind, nothing is issued.
   */
  record: 'holds' | 'behind' | 'unknown'
  /**
   * Where several replicas share the store, which configuration each decides under.
   */
  rules?: {
    /**
     * Hash of the newest configuration that this replica has loaded.
     */
    loaded: string
    /**
     * Hash of the one under which new grants are decided.
     */
    inForce: string
    /**
     * How many run now.
     */
    replicas: number
    /**
     * Whether all of them have loaded the one in force.
     */
    agreed: boolean
  }
  /**
   * Issuers whose keys are here, of those configured.
   */
  keys: {
    present: number
    of: number
  }
  /**
   * What is due to be told elsewhere and was not told yet, and how long the oldest of it has waited.
   */
  outbox: {
    waiting: number
    lagSeconds: number
  }
  /**
   * Where events are sent on to, how many each does not have yet, and how long the oldest has waited.
   */
  feed?: {
    sink: 'file' | 'stdout' | 'https'
    waiting: number
    lagSeconds: number
  }[]
  /**
   * Why the record is not signed, or what was signed not put out; absent while all is well.
   */
  checkpoints?: {
    /**
     * `refused`: the record is not the one that was signed before. `failing`: where checkpoints are put cannot be reached.
     */
    status: 'refused' | 'failing'
    failingSeconds: number
    detail: string
  }
  /**
   * Where clicks come by a socket, whether it is open. Clicks wait for it; votes by HTTP do not.
   */
  slack?: {
    socket: 'open' | 'closed'
  }
  /**
   * How STS answered last.
   */
  sts: {
    status: 'ok' | 'failed' | 'unseen'
    at?: Time
  }
}
export interface Pending {
  grant: Grant
}
/**
 * A refusal (RFC 9457).
 */
export interface Problem {
  /**
   * `urn:stint:problem:` and the code.
   */
  type: string
  title: string
  status: number
  code: FaultCode
  /**
   * For a person: what failed, and what would make it pass.
   */
  detail: string
  request: Ulid
  checks?: Check[]
  decision?: Decision
  requirements?: Requirement[]
  grant?: Ulid
  state?: GrantState
  parts?: Parts
}
export interface Proof {
  seq: number
  /**
   * The exact bytes that were hashed.
   */
  text: string
  /**
   * RFC 6962 section 2.1.1, from the leaf up, base64.
   */
  path: string[]
  checkpoint: Checkpoint
}
export interface Readiness {
  /**
   * `degraded`: it works, and the replicas have not all loaded the same rules, what is to be told elsewhere or sent on has waited for more than a minute, signing is refused, or checkpoints could not be put out for five minutes.
   */
  status: 'ready' | 'degraded'
  parts: Parts
}
/**
 * Why it is done.
 */
export interface Reason {
  reason: Line
}
/**
 * While it stands, nothing is granted or issued to what it is on.
 */
export interface Revocation {
  id: Ulid
  of: RevokedKind
  /**
   * Absent for everything.
   */
  name?: string
  reason: string
  /**
   * Canonical subject of the operator.
   */
  by: string
  at: Time
  lifted?: Lifted
  /**
   * Ids of the grants that it closed; in the answer to revoking a person.
   */
  closed?: Ulid[]
  /**
   * Where sessions may live that it is on, and what becomes of them. Absent in lists.
   */
  roles?: RoleAftermath[]
}
/**
 * The aftermath in one IAM role.
 */
export interface RoleAftermath {
  arn: string
  role: string
  until: Time
  aws: 'written' | 'due' | 'none'
  writtenAt?: Time
  fault?: string
  detail: string
}
export interface RevocationPage {
  revocations: Revocation[]
  /**
   * A ULID.
   */
  next?: string
}
/**
 * What is to be revoked. `all` is a freeze of everything, and has no name.
 */
export interface Revoking {
  of: RevokedKind
  /**
   * Canonical subject, name of the role, or id of the account.
   */
  name?: string
  reason: Line
}
/**
 * A role that the caller may ask for.
 */
export interface Role {
  name: string
  description?: string
  /**
   * Who may ask, in words.
   */
  who: string
  /**
   * Networks that it may be asked from; `any` where that is so.
   */
  from: string[]
  accounts: RoleAccount[]
  limits: RoleLimits
  /**
   * A glob that the ticket must match; absent where none is required.
   */
  ticket?: string
  /**
   * Bounds on the reason's length in characters.
   */
  reason: {
    min: number
    max: number
  }
  /**
   * Where the caller may break the glass, the longest window and the least that the reason must have.
   */
  breakGlass?: {
    window: string
    reason: number
  }
}
export interface RoleAccount {
  id: AccountId
  name: string
  regions: string[]
  /**
   * Approval rules that would apply to an ask for the whole role now; empty means none. Rules that look at the reason or the ticket may come to something else.
   */
  approval: string[]
}
/**
 * Limits for callers of this kind.
 */
export interface RoleLimits {
  window: {
    default: string
    max: string
  }
  lifetime: string
}
export interface RoleList {
  roles: Role[]
}
/**
 * What was done, and whether it was right.
 */
export interface SignOff {
  text: Line
}
export interface SlackCode {
  /**
   * From `/stint link` in Slack; holds for ten minutes, once. Case and dashes say nothing.
   */
  code: string
  /**
   * Whose code it is: `team/user`.
   */
  user?: string
}
export interface SlackLink {
  /**
   * `team/user`.
   */
  user: string
  /**
   * Their handle in Slack when they asked for the code.
   */
  name: string
  /**
   * Whether that user is the caller to Stint now.
   */
  linked: boolean
}
