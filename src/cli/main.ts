#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, CommanderError } from 'commander'
import { Fault, faults } from '../fault.js'
import { version } from '../version.js'
import { failure, type Answer } from './answer.js'
import { addLocalCommands } from './local/commands.js'
import { addStoreCommands } from './local/store-commands.js'

const program = new Command('stint')
  .description('Just-in-time AWS credentials: scoped, short-lived, approved where it matters, on the record.')
  .version(version)
  .showHelpAfterError('(stint --help lists the commands)')
  .configureHelp({ sortSubcommands: false })

const fileOption = [
  '-c, --config <file>',
  'the configuration',
  process.env['STINT_CONFIG'] ?? 'stint.yaml',
] as const

program
  .command('serve')
  .description('run the broker')
  .option(...fileOption)
  .option('--expect-head <head>', 'issue nothing unless the record holds this head (stint store head)')
  .addHelpText(
    'after',
    `
SIGHUP reads roles, networks and approvals again, if the whole file is valid.
SIGTERM stops taking requests and finishes what is under way.

Example:
  stint serve --config /etc/stint/stint.yaml`,
  )
  .action(async ({ config, expectHead }: { config: string; expectHead?: string }) => {
    try {
      const { headOf } = await import('./local/store.js')
      const head = expectHead === undefined ? undefined : headOf(expectHead)
      const { serve } = await import('../main.js')
      await serve(() => read(config), head)
    } catch (error) {
      say(failure(error, config))
    }
  })

program
  .command('config')
  .description('look at a configuration without running it')
  .command('check')
  .description('list everything that is wrong with a configuration, with its place')
  .option(...fileOption)
  .addHelpText(
    'after',
    `
Exits with 0 when it is valid and with ${faults.invalid_config.exit} when it is not.

Example:
  stint config check --config stint.yaml`,
  )
  .action(async ({ config }: { config: string }) => {
    const { configCheck } = await import('./local/config-check.js')
    say(
      await read(config).then(
        (file) => configCheck(config, file, process.env, Date.now()),
        (error: unknown) => failure(error, config),
      ),
    )
  })

/** The configuration's text. Rejects with a fault that a person can act on. */
const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Fault('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  })

function say({ exit, out, err }: Answer): void {
  process.stdout.write(out)
  process.stderr.write(err)
  process.exitCode = exit
}

const surroundings = {
  env: process.env,
  read,
  say,
  clock: Date.now,
  random: randomBytes,
  sleep: (ms: number) => sleep(ms),
}
addLocalCommands(program, surroundings)
addStoreCommands(program, surroundings)

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride()

// Help and version end in an exception too; commander has said what there is to say.
await program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : faults.invalid_request.exit
})
