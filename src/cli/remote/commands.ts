import type { Command } from 'commander'
import type { Frame } from './frame.js'
import { addWhoami } from './whoami.js'

/** The commands that talk to a broker, in the order of the help. */
export function addRemoteCommands(program: Command, frame: Frame): void {
  addWhoami(program, frame)
}
