import type { Schedule } from '../config/on-call.js'
import { readShifts } from '../config/shifts.js'
import type { Caller } from '../identity/caller.js'
import type { Clock, Duration, Instant } from '../time.js'

interface OnCallOptions {
  readonly schedules: () => ReadonlyMap<string, Schedule>
  readonly readText: (path: string) => Promise<string>
  /** Ids of the users in a user group of Slack. */
  readonly members: (group: string) => Promise<readonly string[]>
  /** The id of a person's user in Slack. */
  readonly userOf: (caller: Caller) => Promise<string | undefined>
  readonly clock: Clock
  readonly failed: (error: unknown, what: string) => void
}

/** How long an answer holds, a failure too: Slack takes twenty of these questions a minute. */
const goodFor: Duration = 10_000

/**
 * Says on which schedules somebody is on call at this moment. Never rejects: of one that cannot be read nobody is on
 * call, and `failed` is told.
 */
export function createOnCall(options: OnCallOptions): (caller: Caller) => Promise<readonly string[]> {
  const { schedules, readText, members, userOf, clock, failed } = options
  const groups = new Map<string, { readonly at: Instant; readonly users: Promise<readonly string[]> }>()

  function usersIn(group: string): Promise<readonly string[]> {
    const now = clock()
    const before = groups.get(group)
    if (before && now - before.at < goodFor && now >= before.at) return before.users
    const users = members(group).catch((error: unknown) => {
      failed(error, `the members of ${group} could not be read from Slack`)
      return []
    })
    groups.set(group, { at: now, users })
    return users
  }

  async function isOn(schedule: Schedule, caller: Caller): Promise<boolean> {
    if ('file' in schedule) {
      const now = clock()
      const shifts = readShifts(await readText(schedule.file))
      return shifts.some(({ from, to, subject }) => subject === caller.subject && from <= now && now < to)
    }
    const user = await userOf(caller)
    return user !== undefined && (await usersIn(schedule.slackGroup)).includes(user)
  }

  return async (caller) => {
    if (caller.kind !== 'person') return []
    const looked = await Promise.all(
      [...schedules()].map(async ([name, schedule]) => {
        const on = await isOn(schedule, caller).catch((error: unknown) => {
          failed(error, `the schedule ${name} could not be read`)
          return false
        })
        return on ? [name] : []
      }),
    )
    return looked.flat()
  }
}
