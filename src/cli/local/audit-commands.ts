import type { Command } from 'commander'
import type { Frame } from '../remote/frame.js'
import { shared, type Surroundings } from './commands.js'
import { addCorrelate } from './correlate-commands.js'
import { addReport } from './report/command.js'

/** The commands that make a key for checkpoints, and compare the record with what AWS has. */
export function addAuditCommands(program: Command, frame: Frame, surroundings: Surroundings): void {
  const { say, random } = surroundings
  const audit = shared(program, 'audit', 'check the record without trusting whoever keeps it')

  audit
    .command('keygen <name>')
    .description('make a key that checkpoints are signed with; the public one goes to stderr')
    .addHelpText(
      'after',
      `
The name stands in each checkpoint as its origin: one name for one log, for ever. Give the secret to the broker alone
(STINT_CHECKPOINT_KEY or STINT_CHECKPOINT_KEY_FILE), and the public key to everybody who is to check.

Example:
  stint audit keygen stint.example.com/record > checkpoint.key 2> checkpoint.pub`,
    )
    .action(async (name: string) => {
      const { auditKeygen } = await import('./audit.js')
      say(auditKeygen(name, random))
    })

  addCorrelate(audit, frame, surroundings)
  addReport(audit, frame)
}
