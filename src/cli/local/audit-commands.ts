import type { Command } from 'commander'
import { faults } from '../../fault.js'
import type { Frame } from '../remote/frame.js'
import type { VerifyOptions } from './audit.js'
import { shared, type Surroundings } from './commands.js'
import { addCorrelate } from './correlate-commands.js'
import { addReport } from './report/command.js'

/** The commands that make and check proofs of the record. */
export function addAuditCommands(program: Command, frame: Frame, surroundings: Surroundings): void {
  const { say, random, progress } = surroundings
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

  audit
    .command('verify <file...>')
    .description('check an export of the record, or evidence of one grant, with a public key alone')
    .requiredOption('--key <key...>', 'the public keys, or files with one a line')
    .option('--checkpoint <path...>', 'checkpoints that were kept elsewhere: files, or folders of them')
    .addHelpText(
      'after',
      `
Needs no broker, no database and no network. Files are taken as one log, in their order. Checked are: that the first event
is number 1, that none is missing, added, changed or in another place, that each checkpoint in the file and each of
--checkpoint is signed and has the root of these events, and that clocks did not go back. Without --checkpoint, whoever
holds the key could have rewritten everything. Exits with 0, or with ${faults.invalid_config.exit} and the first event that does not hold.

Examples:
  stint audit verify record.ndjson --key checkpoint.pub --checkpoint /mnt/worm/stint
  stint audit verify evidence.json --key stint.example.com/record+1a2b3c4d+AUx…`,
    )
    .action(async (files: readonly string[], options: VerifyOptions) => {
      const { auditVerify } = await import('./audit.js')
      say(await auditVerify(files, options, progress))
    })
  addCorrelate(audit, frame, surroundings)
  addReport(audit, frame)
}
