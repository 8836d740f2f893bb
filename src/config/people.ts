import { compileExpression } from '../approval/expression-cel.js'
import type { Anyone, Who } from '../approval/who.js'
import type { Issuer } from '../identity/issuer.js'
import { entries, items, present, type Path, type Report } from './fault.js'
import type { AnyoneEntry, Items, WhoEntry } from './file.js'
import { readScalars } from './issuers.js'
import { listed } from './known.js'
import { subjectFault } from './subjects.js'

/** Where a description of people stands, and so what it may say. */
interface Setting {
  readonly issuers: readonly Issuer[]
  readonly report: Report
  /** Workloads count for nothing here: they never vote, audit or operate. */
  readonly persons?: true
  /** Judged before anything is priced. */
  readonly unpriced?: true
  /** Names under onCall, where somebody can be on call. */
  readonly schedules?: readonly string[]
  /** Nothing is asked for here, so there is nothing that an expression could look at. */
  readonly plain?: true
}

/** Compiles a `who` or a list of them, and reports whom no token could ever be. */
export function compileAnyone(entry: AnyoneEntry | undefined, path: Path, setting: Setting): Anyone {
  if (entry === undefined) return []
  if (!isList(entry)) return [compileWho(entry, path, setting)]
  return [...present(entry)].map(([at, who]) => compileWho(who, [...path, at], setting))
}

const isList = (entry: AnyoneEntry): entry is Items<WhoEntry> => Array.isArray(entry)

function compileWho(who: WhoEntry, path: Path, setting: Setting): Who {
  checkReach(who, path, setting)
  const when = who.when === undefined ? undefined : compileWhen(who.when, [...path, 'when'], setting)
  return {
    ...(who.groups && { groups: items(who.groups) }),
    ...(who.subjects && { subjects: items(who.subjects) }),
    ...(who.claims && { claims: readScalars(who.claims) }),
    ...(who.onCall && { onCall: items(who.onCall) }),
    ...(when && { when }),
  }
}

function compileWhen(source: string, path: Path, { report, plain, unpriced }: Setting) {
  if (plain) {
    report(path, 'is not for those named under people: there is no ask that an expression could look at')
    return undefined
  }
  const expression = readExpression(source, path, report)
  if (unpriced && expression?.reads.includes('cost'))
    report(path, 'must not look at cost, which is known only once it is known who asks; use an approval rule')
  return expression
}

/** Compiles an expression and reports what is wrong with it. */
export function readExpression(source: string, path: Path, report: Report) {
  const expression = compileExpression(source)
  if (!('fault' in expression)) return expression
  report(path, expression.fault)
  return undefined
}

/** A group, subject or claim that no configured issuer can yield is a typing error that would lock people out, or in. */
function checkReach(
  { groups, subjects, claims, onCall }: WhoEntry,
  path: Path,
  { issuers, report, persons, schedules }: Setting,
): void {
  const heard = persons ? issuers.filter(({ kind }) => kind === 'person') : issuers
  const whose = persons ? 'issuer of persons' : 'issuer'
  if (groups && !heard.some((issuer) => issuer.claims.groups !== undefined)) {
    report([...path, 'groups'], `can never match: no ${whose} has claims.groups`)
  }
  for (const [at, subject] of present(subjects)) {
    const fault = subjectFault(subject, heard, whose)
    if (fault !== undefined) report([...path, 'subjects', at], fault)
  }
  for (const [at, name] of present(onCall)) {
    if (!schedules)
      report([...path, 'onCall'], 'is for voters: nobody else is looked up when they are on call')
    else if (!schedules.includes(name))
      report([...path, 'onCall', at], `is no schedule; under onCall there are ${listed(schedules)}`)
  }
  const kept = [...new Set(heard.flatMap((issuer) => issuer.claims.keep))]
  for (const [name] of entries(claims)) {
    if (!kept.includes(name)) {
      report(
        [...path, 'claims', name],
        `is a claim that no ${whose} keeps (claims.keep); kept are ${listed(kept)}`,
        'key',
      )
    }
  }
}
