import type { Limits, SignIn } from '../catalog/catalog.js'
import { formatDuration } from '../time.js'
import { day, hour, minute, readDuration } from './durations.js'
import { items, type Path, type Report } from './fault.js'
import type { LimitsEntry, RoleEntry, SignInEntry, WindowEntry } from './file.js'

/** Of one window, and of one credential: the longest session that AWS gives (IAM, MaxSessionDuration). */
const longest = 12 * hour

/** What one credential lives unless said otherwise; so long at most does one outlive its grant. */
const usual = { person: 15 * minute, workload: hour }

/** The limits of both kinds: the role's own, and over them those of the kind. */
export function compileLimits(
  row: RoleEntry,
  path: Path,
  report: Report,
): { person: Limits; workload: Limits } {
  const window = readWindow(row.window, [...path, 'window'], report)
  const lifetime =
    row.lifetime === undefined ? undefined : readLifetime(row.lifetime, [...path, 'lifetime'], report)
  const limitsOf = (entry: LimitsEntry | undefined, at: string, otherwise: number): Limits => ({
    window: entry?.window ? readWindow(entry.window, [...path, at, 'window'], report) : window,
    lifetime:
      entry?.lifetime === undefined
        ? (lifetime ?? otherwise)
        : readLifetime(entry.lifetime, [...path, at, 'lifetime'], report),
  })
  return {
    person: limitsOf(row.persons, 'persons', usual.person),
    workload: limitsOf(row.workloads, 'workloads', usual.workload),
  }
}

const readLifetime = (text: string, path: Path, report: Report): number =>
  readDuration(report, path, text, { least: minute, most: longest, otherwise: minute })

function readWindow(entry: WindowEntry | undefined, path: Path, report: Report): Limits['window'] {
  const read = (name: 'default' | 'max', otherwise: number): number =>
    readDuration(report, [...path, name], entry?.[name], { least: minute, most: longest, otherwise })
  const window = { default: read('default', minute), max: read('max', longest) }
  if (window.default > window.max)
    report([...path, 'default'], `must be at most max, ${formatDuration(window.max)}`)
  return window
}

/** Compiles what is demanded of a sign-in. */
export function compileSignIn(entry: SignInEntry, path: Path, report: Report): SignIn {
  const reading = { least: minute, most: 30 * day, otherwise: minute }
  return {
    ...(entry.maxAge !== undefined && {
      maxAge: readDuration(report, [...path, 'maxAge'], entry.maxAge, reading),
    }),
    ...(entry.acr && { acr: items(entry.acr) }),
    ...(entry.amr && { amr: items(entry.amr) }),
  }
}
