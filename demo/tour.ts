import { asking } from './steps/asking.js'
import { auditing } from './steps/auditing.js'
import { ending } from './steps/ending.js'
import { voting } from './steps/voting.js'
import { createStage } from './stage.js'
import type { Notes, Step } from './step.js'
import type { Telling } from './telling.js'
import type { World } from './world.js'

const steps: readonly Step[] = [...asking, ...voting, ...ending, ...auditing]

/** Plays every step, whatever became of those before; answers whether all came out as they should. */
export async function tour(world: World, telling: Telling): Promise<boolean> {
  const stage = createStage(world, telling)
  const notes: Notes = {}
  const failures: string[] = []
  for (const [index, { title, story, play }] of steps.entries()) {
    telling.heading(`${index + 1}. ${title}`)
    telling.say(story)
    try {
      await play(stage, notes)
    } catch (error) {
      failures.push(`${index + 1}. ${title}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  telling.heading(`${steps.length - failures.length} of ${steps.length} steps came out as they should.`)
  for (const failure of failures) telling.verdict(false, failure)
  return failures.length === 0
}
