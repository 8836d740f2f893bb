import type { Catalog } from '../catalog/catalog.js'
import type { PolicyStatement } from '../iam/document.js'
import { lint, rules } from '../iam/lint/lint.js'
import type { Finding, Level } from '../iam/lint/rule.js'
import { nearest } from '../iam/nearest.js'
import { matches } from '../iam/pattern.js'
import type { Statement } from '../iam/statement.js'
import { isoSeconds, type Instant } from '../time.js'
import { present, type Path, type Place, type Report } from './fault.js'
import type { ExceptionRow, Items } from './file.js'
import { listed, type Known } from './known.js'

/** Somebody accepts what a rule finds in some roles, for a reason and until a day. */
export interface Exception {
  readonly rule: string
  /** Globs over role names. */
  readonly roles: readonly string[]
  readonly because: string
  /** The last moment of it. */
  readonly until: Instant
}

/** What the lint finds in a ceiling of the file. */
export interface CeilingFinding extends Pick<Finding, 'code' | 'level' | 'detail'>, Place {
  readonly role: string
  readonly path: Path
  readonly exception?: Exception
}

const day = 86_400_000

/** Compiles `exceptions`. One for no rule or no role is a typing error: it would accept nothing. */
export const compileExceptions = (
  rows: Items<ExceptionRow> | undefined,
  known: Known,
  report: Report,
): readonly Exception[] =>
  [...present(rows)].map(([at, { rule = '', roles, because = '', until = '' }]) => {
    const codes = rules.map(({ code }) => code)
    if (rule !== '' && !codes.includes(rule))
      report(['exceptions', at, 'rule'], `is no rule of the lint; did you mean ${nearest(rule, codes)}?`)
    for (const [place, glob] of present(roles))
      if (!known.roles.some((role) => matches(glob, role)))
        report(['exceptions', at, 'roles', place], `matches no role; there are ${listed(known.roles)}`)
    const start = Date.parse(`${until}T00:00:00Z`)
    // A day that there is not, such as 31 February, would be read as one of the next month.
    if (until !== '' && (Number.isNaN(start) || !isoSeconds(start).startsWith(until)))
      report(['exceptions', at, 'until'], 'is no day of the calendar')
    return { rule, roles: [...present(roles)].map(([, glob]) => glob), because, until: start + day - 1 }
  })

/**
 * Lints every ceiling once: it says the same in each account. A finding carries the exception that accepts it
 * for longest, whether that has ended or not, so that nothing here depends on the clock. An exception that
 * nothing is found for is a finding itself.
 */
export function lintCeilings(
  { roles }: Pick<Catalog, 'roles'>,
  exceptions: readonly Exception[],
  place: (path: Path) => Place,
): readonly CeilingFinding[] {
  const used = new Set<Exception>()
  const found = [...roles.values()].flatMap(({ name, targets }) => {
    const [target] = targets.values()
    const statements = (target?.ceiling ?? []).map(asPolicy)
    return lint({ kind: 'session', statements, old: [], own: new Set() }).map((finding) => {
      const path: Path = ['roles', name, ...pathOf(finding.at)]
      const accepted = exceptions
        .filter(({ rule, roles }) => rule === finding.code && roles.some((glob) => matches(glob, name)))
        .sort((a, b) => b.until - a.until)
      for (const exception of accepted) used.add(exception)
      const { code, level, detail } = finding
      return {
        role: name,
        code,
        level,
        detail: detail.replace(/\/Statement\/(\d+)/g, 'ceiling[$1]'),
        path,
        ...place(path),
        ...(accepted[0] && { exception: accepted[0] }),
      }
    })
  })
  const unused = exceptions.flatMap((exception, at) => {
    const path: Path = ['exceptions', at]
    const detail = `Nothing in the ceilings of ${exception.roles.join(', ')} needs this exception. Take it out.`
    return used.has(exception)
      ? []
      : [{ role: '', code: 'unused-exception', level: 'warn' as const, detail, path, ...place(path) }]
  })
  return [...found, ...unused]
}

/** How a finding stands at a moment: an exception that has ended accepts nothing any more. */
export const standing = ({ level, exception }: CeilingFinding, now: Instant): Level | 'allowed' =>
  exception && now <= exception.until ? 'allowed' : level

/** For a terminal: `stint.yaml:12:5 warn outlives-session: ...`. */
export function formatFinding(finding: CeilingFinding, now: Instant, file: string): string {
  const { line, column, code, detail, exception } = finding
  const ended = exception && now > exception.until ? ' Its exception has ended.' : ''
  return `${file}:${line ?? 1}:${column ?? 1} ${standing(finding, now)} ${code}: ${detail}${ended}`
}

const asPolicy = ({ actions, resources, conditions }: Statement, at: number): PolicyStatement => ({
  at: `/Statement/${at}`,
  effect: 'Allow',
  actions: { negated: false, patterns: actions },
  resources: { negated: false, patterns: resources },
  ...(conditions && { conditions }),
})

const names: Readonly<Record<string, string>> = {
  Statement: 'ceiling',
  Action: 'actions',
  Resource: 'resources',
  Condition: 'conditions',
}

/** `/Statement/0/Action/1` of a policy as the way to it in a role's entry. A lone pattern has no number there. */
function pathOf(pointer: string): Path {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const path = steps.map((step, at) =>
    /^\d+$/.test(step) ? Number(step) : at % 2 === 0 ? (names[step] ?? step) : step,
  )
  return steps.length === 3 && /^(Action|Resource)$/.test(steps[2] ?? '') ? [...path, 0] : path
}
