import type { Command } from 'commander'
import { failure, type Answer } from '../answer.js'
import { shared, type Surroundings } from './commands.js'
import type { Source } from './retention.js'

interface Options {
  readonly config: string
  readonly key: readonly string[]
}

/** The two steps by which old events leave the record. */
export function addRetentionCommands(program: Command, surroundings: Surroundings): void {
  const { env, read, say } = surroundings
  const file = ['-c, --config <file>', 'the configuration', env['STINT_CONFIG'] ?? 'stint.yaml'] as const
  const key = ['--key <key...>', 'the public keys of the checkpoints, or files with one a line'] as const
  const audit = shared(program, 'audit', 'check the record without trusting whoever keeps it')
  const answer = async (config: string, run: (source: Source) => Promise<Answer>) =>
    say(
      await read(config).then(
        (text) => run({ file: text, env }),
        (error: unknown) => failure(error, config),
      ),
    )

  audit
    .command('archive')
    .description('write events older than a day into a file, and check it there; the record keeps them')
    .requiredOption('--before <time>', 'events before this: 2025-11-24, or 2025-11-24T12:00:00Z')
    .requiredOption('--to <file>', 'a new file')
    .requiredOption(...key)
    .option(...file)
    .addHelpText(
      'after',
      `
The first of two steps; Stint may run meanwhile. The archive ends at the last checkpoint before that time, and before the
first event of any grant that is open. It is an export like any other: stint audit verify checks it. What it holds, with
its SHA-256, goes on the record (log.archived).

Example:
  stint audit archive --before 2025-11-24 --to /mnt/archive/2025.ndjson --key checkpoint.pub`,
    )
    .action(async ({ config, ...options }: Options & { before: string; to: string }) => {
      const { auditArchive } = await import('./retention.js')
      await answer(config, (source) => auditArchive(config, source, options, surroundings))
    })

  audit
    .command('drop')
    .description('take out of the record what an archive holds')
    .requiredOption('--archive <file>', 'what stint audit archive wrote')
    .requiredOption(...key)
    .option(...file)
    .addHelpText(
      'after',
      `
The second step; Stint may run meanwhile. The archive is checked again, must be the one that the record speaks of, and hold
the oldest events there are. Grants, votes and issuances stay, and so do the hashes of the events: every checkpoint and
every proof is as good as before. That it was dropped goes on the record (log.dropped) before the first event goes. If it
is interrupted, say it again. Keep the archive: nothing else has these events.

Example:
  stint audit drop --archive /mnt/archive/2025.ndjson --key checkpoint.pub`,
    )
    .action(async ({ config, ...options }: Options & { archive: string }) => {
      const { auditDrop } = await import('./retention.js')
      await answer(config, (source) => auditDrop(config, source, options, surroundings))
    })
}
