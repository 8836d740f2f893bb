import type { Stage } from './stage.js'

/** One step of the tour: its story, and how it goes. */
export interface Step {
  readonly title: string
  readonly story: string
  readonly play: (stage: Stage, notes: Notes) => Promise<void>
}

/** What a later step wants to know of an earlier one. */
export interface Notes {
  grant?: string
  accessKeyId?: string
  /** Must be nowhere on the record. */
  secrets?: readonly string[]
}
