import type { Instant } from '../../time.js'
import type { Assumption, Call } from './call.js'
import type { Guarded, Options, Recorded } from './compared.js'
import { covering, covers, delivery, type Coverage } from './coverage.js'
import { nameOf, type Bypass, type Findings } from './findings.js'
import { indexIssuances, type Issuances, type Known } from './issuances.js'
import { lateOf, outsideOf, refusedOf } from './misuse.js'
import { createSessions, type Session } from './sessions.js'
import { resolvedOf, unusedOf } from './unused.js'
import { createUsages } from './usage.js'
import { roleUses } from './uses.js'

/** Compares a trail with the record: events in any order, in memory that grows with sessions and not with events. */
export interface Correlation {
  take(call: Call): void
  readonly coverage: Coverage
  findings(): Findings
}

/** One that nobody can tell from Stint's own by what is on the record. */
interface Stray {
  readonly call: Call
  readonly assumed: Assumption
}

export function createCorrelation(record: Recorded, guarded: Guarded, options: Options): Correlation {
  const coverage = covering()
  const issuances = indexIssuances(record.histories)
  const sessions = createSessions(guarded.roles, issuances)
  const usages = createUsages(guarded.roles)
  const strays = new Map<string, Stray>()
  const found = new Set<string>()
  return {
    coverage,
    take(call) {
      coverage.take(call)
      sessions.take(call)
      usages.take(call)
      const { assumed } = call
      if (!assumed || call.error !== undefined || !guarded.roles.has(assumed.roleArn)) return
      const known = issuances.assumedBy(call, assumed)
      if (known) found.add(known.issued.id)
      else if (!record.checks.made(call, assumed)) stray(strays, { call, assumed })
    },
    findings() {
      const keys = new Set([...strays.values()].flatMap(({ assumed }) => assumed.accessKeyId ?? []))
      // Whoever assumed the role by another road under the name of an issuance has keys of their own.
      const all = [...sessions.all()]
      const own = all.filter((one): one is Session & { known: Known } => isOwn(one, keys))
      const others = all.filter((one) => !isOwn(one, keys))
      const missing = missingOf(issuances, found, coverage)
      return {
        bypasses: bypassesOf([...strays.values()], others, record, guarded),
        refused: refusedOf(own),
        outside: outsideOf(own),
        late: lateOf(own, record.denials),
        resolved: resolvedOf(issuances, own, found, coverage),
        unused: unusedOf(record.histories, own, coverage, options.recorded),
        complete: missing,
        roles: roleUses(record, guarded, usages, coverage, options),
        isFull: sessions.isFull,
      }
    },
  }
}

const isOwn = ({ known, key }: Session, strays: ReadonlySet<string>): boolean =>
  known !== undefined && !(key !== undefined && strays.has(key))

/** An assumption is in the trail of either account (`sharedEventID`); the caller's own says more of who called. */
function stray(strays: Map<string, Stray>, { call, assumed }: Stray): void {
  const name = assumed.accessKeyId ?? call.id ?? `${call.requestId ?? ''} ${call.at}`
  const before = strays.get(name)
  if (!before || before.call.by.arn === undefined) strays.set(name, { call, assumed })
}

const accountIn = (arn: string): string | undefined => arn.split(':')[4]

/** What names the caller best: an account is all that the other side of an account's border is told. */
const callerOf = ({ by }: Call): string | undefined => by.arn ?? by.invokedBy ?? by.id ?? by.account

function bypassesOf(
  strays: readonly Stray[],
  sessions: readonly Session[],
  record: Recorded,
  { roles }: Guarded,
): readonly Bypass[] {
  const isOutside = (at: Instant): boolean =>
    record.from === undefined || record.to === undefined || at < record.from || at > record.to
  const used = new Set<Session>()
  const callsOf = ({ assumed }: Stray): number =>
    sessions.reduce((sum, session) => {
      const { key, id, seen } = session
      const isTheirs =
        key !== undefined && assumed.accessKeyId !== undefined
          ? key === assumed.accessKeyId
          : id === assumed.assumedRoleId
      if (!isTheirs || used.has(session)) return sum
      used.add(session)
      return sum + seen.count
    }, 0)
  const assumed = strays.map((one): Bypass => {
    const { call, assumed } = one
    return {
      role: roles.get(assumed.roleArn) ?? '',
      arn: assumed.roleArn,
      road: call.name,
      caller: callerOf(call),
      session: assumed.sessionName,
      sourceIdentity: assumed.sourceIdentity,
      accessKeyId: assumed.accessKeyId,
      account: accountIn(assumed.roleArn),
      address: call.address,
      at: call.at,
      event: call.id,
      calls: callsOf(one),
      outsideRecord: isOutside(call.at),
    }
  })
  const seen = sessions
    .filter((session) => !used.has(session))
    .map(({ role, id, key, sourceIdentity, address, seen }): Bypass => ({
      role: roles.get(role) ?? '',
      arn: role,
      road: undefined,
      caller: undefined,
      session: id.slice(id.indexOf(':') + 1),
      sourceIdentity,
      accessKeyId: key,
      account: accountIn(role),
      address,
      at: seen.first,
      event: undefined,
      calls: seen.count,
      outsideRecord: isOutside(seen.first),
    }))
  return [...assumed, ...seen].sort((a, b) => a.at - b.at)
}

/** Promise: as many AssumeRole in CloudTrail as issuances on the record. */
function missingOf(
  issuances: Issuances,
  found: ReadonlySet<string>,
  coverage: Coverage,
): Findings['complete'] {
  const covered = [...issuances.all()].filter(
    ({ grant, issued: { state, startedAt } }) =>
      (state === 'done' || state === 'withheld') &&
      covers(coverage, grant.scope?.account, startedAt - delivery, startedAt),
  )
  const missing = covered
    .filter(({ issued }) => !found.has(issued.id))
    .map(({ grant, issued }) => ({ ...nameOf(grant), issuance: issued.id, at: issued.startedAt }))
  return { issued: covered.length, found: covered.length - missing.length, missing }
}
