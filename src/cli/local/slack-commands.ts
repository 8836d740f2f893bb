import type { Command } from 'commander'
import { loadConfig } from '../../config/load.js'
import { faults } from '../../fault.js'
import type { Fetch } from '../../identity/fetch-json.js'
import { checkSetUp } from '../../slack/set-up.js'
import { failure } from '../answer.js'
import { shared, type Surroundings } from './commands.js'

/** `stint slack check`, beside the commands of the other half. */
export function addSlackCommands(
  program: Command,
  { env, read, say, fetch }: Surroundings & { readonly fetch: Fetch },
): void {
  shared(program, 'slack', 'your user of Slack, and the set-up of the app')
    .command('check')
    .description('say what Slack still needs: tokens, scopes, channels, and whether a click could count')
    .option('-c, --config <file>', 'the configuration', env['STINT_CONFIG'] ?? 'stint.yaml')
    .addHelpText(
      'after',
      `
Looks with the configuration and its tokens (STINT_SLACK_...) and posts nothing. Exits with 0, or with ${faults.invalid_config.exit} where
something is missing.

Example:
  stint slack check --config stint.yaml`,
    )
    .action(async ({ config }: { readonly config: string }) => {
      try {
        const found = await checkSetUp(loadConfig({ file: await read(config), env }), fetch)
        const out = found.map(({ ok, detail }) => `${ok ? 'ok     ' : 'missing'} ${detail}\n`).join('')
        say({ exit: found.every(({ ok }) => ok) ? 0 : faults.invalid_config.exit, out, err: '' })
      } catch (error) {
        say(failure(error, config))
      }
    })
}
