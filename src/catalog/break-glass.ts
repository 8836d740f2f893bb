import type { Anyone } from '../approval/who.js'
import type { Duration } from '../time.js'

/** How a role is had at once in an emergency, without those who would have to agree. Off where an entry has none. */
export interface BreakGlass {
  /** Who may, of those who may ask for the role at all. */
  readonly who: Anyone
  /** The longest window. */
  readonly window: Duration
  /** The least characters that the reason must have. */
  readonly reason: number
  /** Who signs off what was done. Never who did it. */
  readonly reviewers: Anyone
  /** How many uses of one person may wait for their review; with as many there are no more. */
  readonly unreviewed: number
  /** The Slack channel in which it is said aloud; absent where Slack has no part in it. */
  readonly channel?: string
}
