import type { Role } from '../catalog/catalog.js'
import { isPublic } from '../identity/network.js'
import { entries, items, present, type Path, type Report } from './fault.js'
import type { Named, RoleEntry } from './file.js'
import { listed, type Known } from './known.js'
import { compileLimits, compileSignIn } from './limits.js'
import { compileAnyone } from './people.js'
import { readRanges, type Account } from './places.js'
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
  return {
    name,
    ...(row.description !== undefined && { description: row.description }),
    who: compileAnyone(row.who, [...path, 'who'], { issuers: known.issuers, report }),
    from: readFrom(row, path, known, report),
    limits: compileLimits(row, path, report),
    reason: readReason(row, path, report),
    ...(row.ticket !== undefined && { ticket: row.ticket }),
    targets: compileTargets(row, egress, accounts, known, path, report),
    ...(egress && { egress }),
    ...(row.externalId !== undefined && { externalId: row.externalId }),
    tags: row.tags ?? false,
    ...(row.signIn && { signIn: compileSignIn(row.signIn, [...path, 'signIn'], report) }),
  }
}

function readFrom({ from }: RoleEntry, path: Path, known: Known, report: Report): Role['from'] {
  // Without a `from` that holds, nobody gets in: the schema has reported it.
  if (from === undefined) return []
  if (typeof from === 'string') return 'any'
  for (const [at, name] of present(from)) {
    if (name === 'any')
      report([...path, 'from', at], 'is no network; to let everybody in from anywhere, write `from: any`')
    else if (!known.networks.includes(name)) {
      report([...path, 'from', at], `is not among networks; there are ${listed(known.networks)}`)
    }
  }
  return items(from)
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
