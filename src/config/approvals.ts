import type { Expression } from '../approval/expression.js'
import type { ApprovalRule } from '../approval/rule.js'
import { subjectsOnly } from '../approval/who.js'
import type { DenyEntry } from '../catalog/catalog.js'
import { matches } from '../iam/pattern.js'
import { day, hour, minute, readDuration } from './durations.js'
import { items, present, type Path, type Report } from './fault.js'
import type { ApprovalRow, DenyRow, Items } from './file.js'
import { listed, type Known } from './known.js'
import { compileAnyone, readExpression } from './people.js'
import { compileTold } from './slack.js'

/** Stands in for an expression that has been reported; nothing is run with a configuration that has faults. */
const broken: Expression = {
  source: '',
  reads: [],
  test: () => {
    throw new Error('This expression did not compile.')
  },
}

/** Compiles `approvals`. */
export function compileApprovals(
  rows: Items<ApprovalRow> | undefined,
  known: Known,
  report: Report,
): readonly ApprovalRule[] {
  checkNames(rows, 'approvals', report)
  return [...present(rows)].map(([at, row]) => {
    const path: Path = ['approvals', at]
    const { name = '', distinct = false } = row
    const when =
      (row.when === undefined ? undefined : readExpression(row.when, [...path, 'when'], report)) ?? broken
    return { name, when, ...compileVotes(row, path, known, report), distinct }
  })
}

/** Whose votes are needed, how many, how long they may take, and where they are asked for. */
export function compileVotes(
  {
    by: people,
    votes = 1,
    within: text,
    slack = true,
    ...where
  }: Omit<ApprovalRow, 'name' | 'when' | 'distinct'>,
  path: Path,
  known: Known,
  report: Report,
): Omit<ApprovalRule, 'name' | 'when'> {
  const { issuers, schedules } = known
  const by = compileAnyone(people, [...path, 'by'], { issuers, schedules, report, persons: true })
  const subjects = subjectsOnly(by)
  if (by.length > 0 && subjects && subjects.size < votes) {
    report(
      [...path, 'by'],
      `can never be met: ${votes} votes are needed, and only ${subjects.size} people are named`,
    )
  }
  const reading = { least: minute, most: 7 * day, otherwise: hour }
  const within = readDuration(report, [...path, 'within'], text, reading)
  const told = compileTold({ ...where, within }, path, known.slack, report)
  return { votes, by, within, distinct: false, slack, ...told }
}

/** Compiles `deny`. A glob that names no role is taken for a typing error: it would refuse nobody. */
export function compileDeny(
  rows: Items<DenyRow> | undefined,
  known: Known,
  report: Report,
): readonly DenyEntry[] {
  checkNames(rows, 'deny', report)
  return [...present(rows)].map(([at, { name = '', who, roles, because = '' }]) => {
    const path: Path = ['deny', at]
    for (const [place, glob] of present(roles)) {
      if (!known.roles.some((role) => matches(glob, role))) {
        report([...path, 'roles', place], `matches no role; there are ${listed(known.roles)}`)
      }
    }
    return {
      name,
      who: compileAnyone(who, [...path, 'who'], { issuers: known.issuers, report, unpriced: true }),
      roles: roles ? items(roles) : ['*'],
      because,
    }
  })
}

function checkNames(
  rows: Items<{ readonly name?: string }> | undefined,
  section: string,
  report: Report,
): void {
  const seen = new Set<string>()
  for (const [at, { name }] of present(rows)) {
    if (name === undefined) continue
    if (seen.has(name)) report([section, at, 'name'], `is the name of another entry already: ${name}`)
    seen.add(name)
  }
}
