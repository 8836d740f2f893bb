import { Command, CommanderError } from 'commander'
import { faults } from '../fault.js'
import { version } from '../version.js'
import { addRemoteCommands } from './remote/commands.js'
import { createFrame } from './remote/frame.js'
import { findTokens } from './remote/tokens.js'
import type { World } from './remote/world.js'

/** What the server's package brings, in the words of the help of a `stint` that comes without it. */
const withServer = `
This is the command line alone: serve, config check, lint, explain, cost, store and what else belongs to the broker
come with the server's package.`

/** Runs the whole command line, commands of both halves; resolves to the exit code. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  let exit = 0
  const end = (code: number) => void (exit = code)
  const program = new Command('stint')
    .description(
      'Just-in-time AWS credentials: scoped, short-lived, approved where it matters, on the record.',
    )
    .version(version)
    .showHelpAfterError('(stint --help lists the commands)')
    .configureHelp({ sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
    })
    .enablePositionalOptions()
  const frame = createFrame(world, findTokens, end)
  addRemoteCommands(program, frame)

  // Commands that only a broker's own machine needs are not loaded for one that only talks to it.
  const named = argv[2]
  if (named === undefined || !isRemote(program, named)) {
    const server = await import('./local/program.js').catch(missing)
    server?.addServerCommands(program, world, frame, end)
    if (!server) program.addHelpText('after', withServer).showHelpAfterError(withServer)
  }
  for (const command of withChildren(program)) {
    command.exitOverride()
    if (command !== program) command.showHelpAfterError(`(${pathOf(command)} --help says what it takes)`)
  }

  try {
    await program.parseAsync(argv)
  } catch (error) {
    // Help and version end in an exception too; commander has said what there is to say.
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : faults.invalid_request.exit
  }
  return exit
}

/** Commands that both halves add to are loaded whole. */
const isRemote = (program: Command, name: string): boolean =>
  program.commands.some(
    (command) =>
      command.name() === name && !['audit', 'completion', 'config', 'roles', 'slack'].includes(name),
  )

const withChildren = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(withChildren),
]

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()

/** In the one file that engineers get, the server's half is not there; any other failure is one. */
function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !error.message.includes('local/program')) throw error
}
