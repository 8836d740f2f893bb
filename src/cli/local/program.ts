import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Environment } from '../../config/environment.js'
import { Fault, faults } from '../../fault.js'
import type { Fetch } from '../../identity/fetch-json.js'
import { failure, type Answer } from '../answer.js'
import type { Frame } from '../remote/frame.js'
import { addAuditCommands } from './audit-commands.js'
import { addLocalCommands, shared, type Surroundings } from './commands.js'
import { addRetentionCommands } from './retention-commands.js'
import type { World } from './roles-check.js'
import { addSlackCommands } from './slack-commands.js'
import { addStoreCommands } from './store-commands.js'

/** What the server's half takes from the process. */
interface Process extends World {
  readonly fetch: Fetch
  readonly env: Environment
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** Adds everything that runs beside the broker or is it; `end` takes the exit code. */
export function addServerCommands(
  program: Command,
  world: Process,
  frame: Frame,
  end: (exit: number) => void,
): void {
  const { env, stdout, stderr } = world
  const say = ({ exit, out, err }: Answer) => {
    stdout.write(out)
    stderr.write(err)
    end(exit)
  }
  const surroundings: Surroundings = {
    ...world,
    env,
    read,
    say,
    progress: (line) => stderr.write(`${line}\n`),
  }
  addServe(program, surroundings)
  addLocalCommands(program, surroundings)
  addStoreCommands(program, surroundings)
  addAuditCommands(program, frame, surroundings)
  addRetentionCommands(program, surroundings)
  addSlackCommands(program, { ...surroundings, fetch: world.fetch })
}

/** The configuration's text. Rejects with a fault that a person can act on. */
const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Fault('invalid_request', `${path} cannot be read (${error.code ?? error.message}).`)
  })

function addServe(program: Command, { env, read, say, clock }: Surroundings): void {
  const file = ['-c, --config <file>', 'the configuration', env['STINT_CONFIG'] ?? 'stint.yaml'] as const

  program
    .command('serve')
    .description('run the broker')
    .option(...file)
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
        const { headOf } = await import('./store.js')
        const head = expectHead === undefined ? undefined : headOf(expectHead)
        const { serve } = await import('../../main.js')
        await serve(() => read(config), head)
      } catch (error) {
        say(failure(error, config))
      }
    })

  shared(program, 'config', 'look at a configuration without running it')
    .command('check')
    .description('list everything that is wrong with a configuration, with its place')
    .option(...file)
    .addHelpText(
      'after',
      `
Exits with 0 when it is valid and with ${faults.invalid_config.exit} when it is not.

Example:
  stint config check --config stint.yaml`,
    )
    .action(async ({ config }: { config: string }) => {
      const { configCheck } = await import('./config-check.js')
      say(
        await read(config).then(
          (text) => configCheck(config, text, env, clock()),
          (error: unknown) => failure(error, config),
        ),
      )
    })
}
