import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Command } from 'commander'
import { addAskFlags } from './ask-flags.js'
import { childEnvironment, endpointVariables, variablesOf } from './aws-environment.js'
import { credentialsFor, type UseFlags } from './credentials.js'
import type { Frame, Session } from './frame.js'
import { serveCredentials } from './serve-credentials.js'
import { quoted } from './text.js'

interface Flags extends UseFlags {
  readonly server?: boolean
}

/** What a terminal sends to the child as well; to pass it on would be to send it twice. */
const ofTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT']
const passed: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', ...ofTerminal]

export function addExec(program: Command, frame: Frame): void {
  const command = frame.command(
    program,
    'exec <role> <command...>',
    'run a command with credentials of a role',
    {
      text: `Without flags of an ask it uses the grant of the role that is open, and asks where none is. The command's exit code is
stint's own, 128 and the signal's number where a signal ended it. Older AWS variables are taken out of its environment.
With --server its AWS clients fetch credentials from loopback, anew as long as the grant lives.`,
      examples: [
        'stint exec orders-debug -- aws dynamodb get-item --table-name orders --key file://key.json',
        'stint exec orders-debug --reason "order 42" -- ./repair.sh',
        'stint exec deploy --for 4h --server -- terraform apply',
      ],
    },
  )
  addAskFlags(command)
    .option('--grant <id>', 'with this grant')
    .option('--server', 'for work that takes longer than credentials live')
    .action(
      frame.act(async (session, role: string, [file = '', ...args]: readonly string[], flags: Flags) => {
        const line = [file, ...args].map(quoted).join(' ')
        const resume = ({ id }: { readonly id: string }) =>
          `stint exec ${quoted(role)} --grant ${id} -- ${line}`
        const { world } = session
        const kept = await credentialsFor(session, { role, flags, resume })
        if (!flags.server)
          return runChild(session, file, args, childEnvironment(world.env, variablesOf(kept, world.env)))
        const endpoint = await serveCredentials(session, kept)
        try {
          const variables = endpointVariables(kept, world.env, endpoint)
          return await runChild(session, file, args, childEnvironment(world.env, variables))
        } finally {
          await endpoint.close()
        }
      }),
    )
}

/** Runs a program, no shell between, with this process's own input and outputs; resolves to the exit code to end with. */
function runChild(
  { world, say }: Session,
  file: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: 'inherit' })
    const off = passed.map((signal) =>
      world.on(signal, () => {
        if (!(world.interactive && ofTerminal.includes(signal))) child.kill(signal)
      }),
    )
    const end = (exit: number) => {
      for (const stop of off) stop()
      resolve(exit)
    }
    child.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      say.note(`stint: ${file} cannot be run (${code ?? message}).`, 'red')
      // As shells say it: there is no such program, or it may not be run.
      end(code === 'ENOENT' ? 127 : 126)
    })
    child.on('exit', (code, signal) => end(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}
