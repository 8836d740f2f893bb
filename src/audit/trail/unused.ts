import { expand } from '../../iam/actions.js'
import type { Instant } from '../../time.js'
import type { History } from '../history.js'
import { covers, delivery, remembered, type Coverage } from './coverage.js'
import { nameOf, type Findings, type Resolved, type Unused } from './findings.js'
import type { Issuances, Known } from './issuances.js'
import { endOf, type Session } from './sessions.js'
import { unshown } from './shown.js'

type Own = Session & { readonly known: Known }

function callsBy(sessions: readonly Own[], of: (known: Known) => string): ReadonlyMap<string, number> {
  const calls = new Map<string, number>()
  for (const { known, seen } of sessions) calls.set(of(known), (calls.get(of(known)) ?? 0) + seen.count)
  return calls
}

/** What became of each issuance whose answer was lost, as far as the trail can say. */
export function resolvedOf(
  issuances: Issuances,
  sessions: readonly Own[],
  found: ReadonlySet<string>,
  coverage: Coverage,
): readonly Resolved[] {
  const calls = callsBy(sessions, ({ issued }) => issued.id)
  return [...issuances.all()]
    .filter(({ issued: { state } }) => state === 'started' || state === 'unknown')
    .map(({ grant, issued: { id, state, startedAt } }) => {
      const isFound = found.has(id) || calls.has(id)
      const isCovered = covers(coverage, grant.scope?.account, startedAt - delivery, startedAt)
      return {
        ...nameOf(grant),
        issuance: id,
        state,
        startedAt,
        verdict: isFound ? 'session' : isCovered ? 'none' : 'uncovered',
        calls: calls.get(id) ?? 0,
      }
    })
}

/** Grants that were active and that the trail shows no use of. */
export function unusedOf(
  histories: readonly History[],
  sessions: readonly Own[],
  coverage: Coverage,
  recorded: ReadonlySet<string>,
): Findings['unused'] {
  const calls = callsBy(sessions, ({ grant }) => grant.id)
  const hides = remembered((pattern) => {
    const actions = expand(pattern)
    return actions.length === 0 || actions.some(({ name }) => unshown(name, coverage, recorded) !== undefined)
  })
  const never: Unused[] = []
  const uncollected: Unused[] = []
  const unshownOnes: Unused[] = []
  let uncovered = 0
  for (const grant of histories) {
    const { activeAt, issuances, scope } = grant
    if (activeAt === undefined || calls.has(grant.id)) continue
    const end: Instant = endOf(grant)
    const row = { ...nameOf(grant), activeAt, issuances: issuances.length }
    if (!Number.isFinite(end) || !covers(coverage, scope?.account, activeAt, end)) uncovered++
    else if (!issuances.some(({ state }) => state === 'done')) uncollected.push(row)
    else if (scope?.statements.some(({ actions }) => actions.some(hides))) unshownOnes.push(row)
    else never.push(row)
  }
  return { never, uncollected, unshown: unshownOnes, uncovered }
}
