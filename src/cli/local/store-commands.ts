import type { Command } from 'commander'
import { failure } from '../answer.js'
import type { Surroundings } from './commands.js'

interface FileOption {
  readonly config: string
}

/** The commands that look after the store itself. */
export function addStoreCommands(program: Command, { env, read, say, ...world }: Surroundings): void {
  const file = ['-c, --config <file>', 'the configuration', env['STINT_CONFIG'] ?? 'stint.yaml'] as const
  const source = async (path: string) => ({ file: await read(path), env })
  const store = program
    .command('store')
    .description('move the record, note its head, say that it was restored')

  store
    .command('copy <from> <to>')
    .description('copy a whole store into an empty one, and verify it there')
    .addHelpText(
      'after',
      `
Stop Stint first: what is written meanwhile stays behind. A store is sqlite: and a path, or a postgres:// URL; give the
password in PGPASSWORD or ~/.pgpass, since others on the machine can read arguments. All of it arrives or none.

Example:
  stint store copy sqlite:/var/lib/stint/stint.db 'postgres://stint@db.example.com/stint?sslmode=verify-full'`,
    )
    .action(async (from: string, to: string) => {
      const { storeCopy } = await import('./store.js')
      say(await storeCopy(from, to))
    })

  store
    .command('head')
    .description("print the head of the record, to be noted where the store's backups are not")
    .option(...file)
    .addHelpText(
      'after',
      `
Example:
  stint store head --config stint.yaml >> /mnt/elsewhere/stint-heads`,
    )
    .action(async ({ config }: FileOption) => {
      const { storeHead } = await import('./store.js')
      say(
        await source(config).then(
          (read) => storeHead(config, read),
          (error: unknown) => failure(error, config),
        ),
      )
    })

  store
    .command('restored')
    .description('say that the record is this older copy from now on, so that Stint issues again')
    .requiredOption('--expect-head <head>', 'the head that was noted, which the record no longer holds')
    .requiredOption('--reason <text>', 'what happened; it goes on the record')
    .option(...file)
    .addHelpText(
      'after',
      `
What was recorded after the copy was made is lost to Stint: grants, votes, and credentials that may still work. Look for
them in CloudTrail before you say this. Serving goes on at once, also with the old --expect-head.

Example:
  stint store restored --expect-head 1041:9f86d0… --reason 'disk lost, backup of 02:00'`,
    )
    .action(async ({ config, ...options }: FileOption & { expectHead: string; reason: string }) => {
      const { storeRestored } = await import('./store.js')
      say(
        await source(config).then(
          (read) => storeRestored(config, read, options, world),
          (error: unknown) => failure(error, config),
        ),
      )
    })
}
