import { entries, type Report } from './fault.js'
import type { Named, OnCallEntry } from './file.js'

/** Where it stands who is on call: in a file, or in a user group of Slack. */
export type Schedule = { readonly file: string } | { readonly slackGroup: string }

/** Compiles `onCall`, by name. */
export function compileOnCall(
  named: Named<OnCallEntry> | undefined,
  slack: boolean,
  report: Report,
): ReadonlyMap<string, Schedule> {
  const schedules = new Map<string, Schedule>()
  for (const [name, { file, slackGroup }] of entries(named)) {
    if ((file === undefined) === (slackGroup === undefined))
      report(['onCall', name], 'must have either file or slackGroup')
    if (slackGroup !== undefined && !slack)
      report(['onCall', name, 'slackGroup'], 'is of no use without the section slack')
    if (file !== undefined) schedules.set(name, { file })
    else if (slackGroup !== undefined) schedules.set(name, { slackGroup })
  }
  return schedules
}
