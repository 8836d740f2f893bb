import { Option, type Command } from 'commander'
import { addAskFlags } from './ask-flags.js'
import { variablesOf } from './aws-environment.js'
import { credentialsFor, type UseFlags } from './credentials.js'
import { envFormats, formatFailure, formatVariables, type EnvFormat } from './env-formats.js'
import type { Frame } from './frame.js'
import { quoted } from './text.js'

interface Flags extends UseFlags {
  readonly format: EnvFormat
}

export function addEnv(program: Command, frame: Frame): void {
  const command = frame.command(
    program,
    'env <role>',
    'print credentials as variables, for a shell or a file',
    {
      text: `Without flags of an ask it uses the grant of the role that is open, and asks where none is. The shells' forms clear
older AWS variables, and evaluate to a failure where there are no credentials.`,
      examples: [
        'eval "$(stint env orders-debug)"',
        'stint env orders-debug --format fish | source',
        'stint env orders-debug --format powershell | Out-String | Invoke-Expression',
        'stint env orders-debug --format json | jq -r .AWS_CREDENTIAL_EXPIRATION',
      ],
    },
  )
  addAskFlags(command)
    .option('--grant <id>', 'of this grant')
    .addOption(new Option('--format <format>', 'how it is printed').choices(envFormats).default('sh'))
    .action(
      frame.act(async (session, role: string, flags: Flags) => {
        const format = session.say.json ? 'json' : flags.format
        try {
          const resume = ({ id }: { readonly id: string }) => `stint env ${quoted(role)} --grant ${id}`
          const kept = await credentialsFor(session, { role, flags, resume })
          session.say.raw(formatVariables(format, variablesOf(kept, session.world.env), 'stint'))
        } catch (error) {
          session.say.raw(formatFailure(format))
          throw error
        }
      }),
    )
}
