#!/usr/bin/env node
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { faults } from '../fault.js'
import { version } from '../version.js'
import type { Answer } from './answer.js'
import { configCheck, faultText } from './local/config-check.js'

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
  .addHelpText(
    'after',
    `
SIGHUP reads roles, networks and approvals again, if the whole file is valid.
SIGTERM stops taking requests and finishes what is under way.

Example:
  stint serve --config /etc/stint/stint.yaml`,
  )
  .action(async ({ config }: { config: string }) => {
    const { serve } = await import('../main.js')
    try {
      await serve(config)
    } catch (error) {
      say({ exit: faults.invalid_config.exit, out: '', err: `${startFault(config, error)}\n` })
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
    say(
      await readFile(config, 'utf8').then(
        (file) => configCheck(config, file, process.env),
        unreadable(config),
      ),
    )
  })

function say({ exit, out, err }: Answer): void {
  process.stdout.write(out)
  process.stderr.write(err)
  process.exitCode = exit
}

const unreadable = (name: string) => (error: unknown) => ({
  exit: faults.invalid_request.exit,
  out: '',
  err: `${name} cannot be read${error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''}.\n`,
})

function startFault(name: string, error: unknown): string {
  try {
    return faultText(name, error)
  } catch (other) {
    return `stint cannot start: ${other instanceof Error ? other.message : String(other)}`
  }
}

await program.parseAsync()
