import { subjectsOnly } from '../approval/who.js'
import type { BreakGlass } from '../catalog/break-glass.js'
import type { Role } from '../catalog/catalog.js'
import { formatDuration } from '../time.js'
import { hour, minute, readDuration } from './durations.js'
import type { Path, Report } from './fault.js'
import type { RoleEntry } from './file.js'
import type { Known } from './known.js'
import { compileAnyone } from './people.js'
import { compileChannel } from './slack.js'

/** The longest window that an emergency may have. */
const longest = 4 * hour

/** Compiles `breakGlass` of a role, in the bounds that the role itself has. */
export function compileBreakGlass(
  entry: NonNullable<RoleEntry['breakGlass']>,
  { limits, reason: bounds }: Pick<Role, 'limits' | 'reason'>,
  path: Path,
  { issuers, schedules, slack }: Known,
  report: Report,
): BreakGlass {
  const setting = { issuers, schedules, report, persons: true, unpriced: true } as const
  const { reason = Math.max(bounds.min, Math.min(30, bounds.max)), unreviewed = 3 } = entry
  const most = limits.person.window.max
  const reading = { least: minute, most: longest, otherwise: most }
  const window = readDuration(report, [...path, 'window'], entry.window, reading)
  if (window > most)
    report([...path, 'window'], `must be at most the role's own max for persons, ${formatDuration(most)}`)
  if (reason > bounds.max)
    report([...path, 'reason'], `must be at most reason.max of the role, ${bounds.max}`)
  const who = compileAnyone(entry.who, [...path, 'who'], setting)
  const reviewers = compileAnyone(entry.reviewers, [...path, 'reviewers'], setting)
  const [askers, signers] = [subjectsOnly(who), subjectsOnly(reviewers)]
  for (const asker of askers ?? [])
    if (signers && [...signers].every((subject) => subject === asker))
      report([...path, 'reviewers'], `must name somebody else than ${asker}, who could never be reviewed`)
  return {
    who,
    window,
    reason,
    reviewers,
    unreviewed,
    ...compileChannel(entry.channel, [...path, 'channel'], slack, report),
  }
}
