import type { Role } from '../catalog/catalog.js'
import { isPublic } from '../identity/network.js'
import { isoSeconds } from '../time.js'
import { compileBreakGlass } from './break-glass.js'
import { entries, present, type Path, type Report } from './fault.js'
import type { Named, RoleEntry } from './file.js'
import type { Known } from './known.js'
import { compileLimits, compileSignIn } from './limits.js'
import { compileAnyone } from './people.js'
import { compileFrom, readRanges, type Account } from './places.js'
import { compileTargets } from './targets.js'

/** Compiles `roles`. */
export const compileRoles = (
  rows: Named<RoleEntry> | undefined,
  accounts: ReadonlyMap<string, Account>,
  known: Known,
  report: Report,
): ReadonlyMap<string, Role> =>
  new Map([...entries(rows)].map(([name, row]) => [name, compileRole(name, row, accounts, known, report)]))

function compileRole(
  name: string,
  row: RoleEntry,
  accounts: ReadonlyMap<string, Account>,
  known: Known,
  report: Report,
): Role {
  const path: Path = ['roles', name]
  const egress = row.egress && readEgress(row, path, report)
  const bounds = { limits: compileLimits(row, path, report), reason: readReason(row, path, report) }
  return {
    name,
    ...(row.description !== undefined && { description: row.description }),
    who: compileAnyone(row.who, [...path, 'who'], { issuers: known.issuers, report, unpriced: true }),
    from: compileFrom(row.from, [...path, 'from'], known, report),
    ...bounds,
    ...(row.ticket !== undefined && { ticket: row.ticket }),
    targets: compileTargets(row, egress, accounts, known, path, report),
    ...(egress && { egress }),
    ...(row.externalId !== undefined && { externalId: row.externalId }),
    ...(row.revoke && { revoke: row.revoke }),
    tags: row.tags ?? false,
    ...readDeclared(row, path, report),
    ...(row.signIn && { signIn: compileSignIn(row.signIn, [...path, 'signIn'], report) }),
    ...(row.breakGlass && {
      breakGlass: compileBreakGlass(row.breakGlass, bounds, [...path, 'breakGlass'], known, report),
    }),
  }
}

/** All of it stands there, or the schema has reported it. */
function readDeclared({ cost }: RoleEntry, path: Path, report: Report): Pick<Role, 'cost'> {
  const { usd, because, until } = cost ?? {}
  if (usd === undefined || because === undefined || until === undefined) return {}
  const start = Date.parse(`${until}T00:00:00Z`)
  if (Number.isNaN(start) || !isoSeconds(start).startsWith(until))
    report([...path, 'cost', 'until'], 'is no day of the calendar')
  return { cost: { usd, because, until } }
}

function readReason({ reason }: RoleEntry, path: Path, report: Report): Role['reason'] {
  const { min = 10, max = 1_000 } = reason ?? {}
  if (min > max) report([...path, 'reason', 'min'], `must be at most max, ${max}`)
  return { min, max }
}

/** AWS sees only public addresses, so a private range would lock everybody out. */
function readEgress(row: RoleEntry, path: Path, report: Report): readonly string[] {
  return [...present(row.egress)].flatMap(([at, text]) => {
    const place = [...path, 'egress', at]
    const [range] = readRanges([text], [], (_, message) => report(place, message))
    if (!range) return []
    if (!isPublic(range)) report(place, 'is not public: AWS never sees a session come from there')
    return [range.text]
  })
}
