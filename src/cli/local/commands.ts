import { Option, type Command } from 'commander'
import type { Environment } from '../../config/environment.js'
import { Fault, faults } from '../../fault.js'
import { failure, type Answer } from '../answer.js'
import { failLevels, lintFormats, setUpFormats } from './choices.js'
import type { CostOptions } from './cost.js'
import type { ExplainOptions } from './explain.js'
import type { File, LintOptions } from './lint.js'
import type { World } from './roles-check.js'
import type { InitOptions } from './roles-init.js'

/** What commands take from the process. */
export interface Surroundings extends World {
  readonly env: Environment
  /** A file's text. Rejects with a fault that a person can act on. */
  readonly read: (path: string) => Promise<string>
  readonly say: (answer: Answer) => void
  /** Says how far a long work has come. */
  readonly progress: (line: string) => void
}

interface CostFlags extends FileOption, CostOptions {
  readonly grant?: string
  readonly data?: string
}

interface FileOption {
  readonly config: string
}

/**
 * The commands that look at files and at AWS from where they are run, and at no broker. Each is loaded when it is
 * given: a lint has no use for the AWS SDK.
 */
export function addLocalCommands(program: Command, { env, read, say, ...world }: Surroundings): void {
  const file = ['-c, --config <file>', 'the configuration', env['STINT_CONFIG'] ?? 'stint.yaml'] as const
  const source = async (path: string) => ({ file: await read(path), env })
  /** Says what a command answers, or why it could not; `config` is how the configuration's file is called. */
  const tell = async (config: string, command: () => Promise<Answer>) =>
    say(await command().catch((error: unknown) => failure(error, config)))

  program
    .command('lint [file...]')
    .description('find what is dangerous, dead or mistaken in ceilings and IAM policies')
    .addOption(new Option('--format <format>', 'how it is printed').choices(lintFormats).default('text'))
    .addOption(new Option('--fail-on <level>', 'what makes it fail').choices(failLevels).default('error'))
    .option('--account <id...>', 'accounts that are your own; those of a configuration are')
    .addHelpText(
      'after',
      `
Files are stint.yaml (its ceilings, with its exceptions), and JSON: a policy, a CloudFormation template, the plan
of Terraform (terraform show -json), or anything else with policies in it. Without a file: ${file[2]}.
Exits with 0, or with ${faults.invalid_config.exit} when something is found at the level of --fail-on or above.

Examples:
  stint lint
  stint lint template.json plan.json --account 123456789012 --fail-on warn
  stint lint stint.yaml --format sarif > stint.sarif`,
    )
    .action((names: readonly string[], options: LintOptions) =>
      tell('', async () => {
        const wanted = names.length > 0 ? names : [file[2]]
        const files = await Promise.all(
          wanted.map(async (name): Promise<File> => ({ name, text: await read(name) })),
        )
        const { lintFiles } = await import('./lint.js')
        return lintFiles(files, env, options, world.clock())
      }),
    )

  program
    .command('explain <file|role>')
    .description('say in sentences what a policy or a role allows, and whether it allows one thing')
    .option('--action <action>', 'one action, such as dynamodb:GetItem')
    .option('--resource <arn>', 'what it is done to')
    .option('--context <key=value...>', 'what the request has, such as aws:SourceIp=203.0.113.7')
    .option('--account <id>', 'which account of the role; its first unless given')
    .option('--json', 'as JSON')
    .option(...file)
    .addHelpText(
      'after',
      `
A file is JSON: a policy, a template, or anything else with policies in it; its name has a dot or a slash. Else it is a
role of the configuration, and told with its bounds. Exits with ${faults.denied.exit} when the action is not allowed.

Examples:
  stint explain orders-debug
  stint explain policy.json --action s3:GetObject --resource arn:aws:s3:::shop/orders.csv`,
    )
    .action((name: string, { config, ...options }: FileOption & ExplainOptions) =>
      tell(config, async () => {
        const { explainFile, explainRole } = await import('./explain.js')
        return isPath(name)
          ? explainFile(name, await read(name), options, world.clock())
          : explainRole(config, await source(config), name, options, world.clock())
      }),
    )

  const roles = shared(program, 'roles', 'set up the IAM roles of the catalogue, and check them')
  roles
    .command('init [role]')
    .description("print what an account needs for a role; without a role, the broker's own policy for all")
    .requiredOption('--broker <arn>', 'the IAM role or user that Stint runs under')
    .option('--account <id>', 'which account, where the role is in several')
    .addOption(new Option('--format <format>', 'how it is printed').choices(setUpFormats).default('json'))
    .option(...file)
    .option('--revoker', 'the role that revokes in the account, which is made once for all roles there')
    .addHelpText(
      'after',
      `
Prints the trust policy, the permission policy (the ceiling) and MaxSessionDuration. Nothing is changed in AWS.

Examples:
  stint roles init orders-debug --broker arn:aws:iam::999999999999:role/stint --format terraform
  stint roles init orders-debug --revoker --broker arn:aws:iam::999999999999:role/stint --format terraform
  stint roles init --broker arn:aws:iam::999999999999:role/stint --format cloudformation`,
    )
    .action((role: string | undefined, { config, ...options }: FileOption & InitOptions) =>
      tell(config, async () => {
        const { rolesInit } = await import('./roles-init.js')
        return rolesInit(config, await source(config), role, options)
      }),
    )

  roles
    .command('check [role]')
    .description('prove against AWS that roles can be assumed as the broker assumes them')
    .option('--account <id>', 'only in this account')
    .option(...file)
    .addHelpText(
      'after',
      `
Assumes each role, in each of its accounts and regions, with Stint's own credentials, the whole ceiling and a Deny
of everything, and drops the credentials. Each is recorded as check.started and check.done in the store of the
configuration. Exits with 0 when STS gave a session every time, else with ${faults.sts_denied.exit}.

Example:
  stint roles check orders-debug --config stint.yaml`,
    )
    .action((role: string | undefined, { config, account }: FileOption & { account?: string }) =>
      tell(config, async () => {
        const { rolesCheck } = await import('./roles-check.js')
        return rolesCheck(config, await source(config), { role, account }, world)
      }),
    )

  program
    .command('cost [policy]')
    .description('say what a session with this policy could cost at most, and why')
    .option('--account <id>', 'with the regions, quotas and horizon of an account of the configuration')
    .option('--regions <names>', 'only in these regions, as us-east-1,eu-west-1')
    .option('--window <duration>', 'how long the work may go on', '1h')
    .option('--json', 'print the receipt as JSON')
    .option('--grant <id>', 'instead of a policy: compute the receipt of a grant again, and compare')
    .option(
      '--data <folder>',
      'with --grant: the data that it rests on, where it is not what Stint comes with',
    )
    .option(...file)
    .addHelpText(
      'after',
      `
Reads an IAM policy (JSON). Without --account it takes all the regions that a new account has, AWS's default quotas,
and a day until somebody notices what was left behind. Nothing is asked for, and no broker or AWS is called.

Examples:
  stint cost policy.json --window 4h
  stint cost policy.json --account 123456789012 --config stint.yaml --json
  stint cost --grant 01K9ZQ3T7M4V5W6X7Y8Z9A0B1D --config stint.yaml --data stint-0.1.0/cost`,
    )
    .action((path: string | undefined, { config, grant, data, ...options }: CostFlags) =>
      tell(config, async () => {
        if ((path === undefined) === (grant === undefined))
          throw new Fault('invalid_request', 'Name a policy, or a grant with --grant.')
        if (grant !== undefined) {
          const { recompute } = await import('./recompute.js')
          return recompute(
            config,
            await source(config),
            { grant, ...(data !== undefined && { data }) },
            world,
          )
        }
        const name = path ?? ''
        const policy = await read(name)
        const named = options.account === undefined ? undefined : await source(config)
        const { cost } = await import('./cost.js')
        return cost(name, { policy, ...(named && { config: named }) }, options, world.clock())
      }),
    )

  program
    .command('prices')
    .description('the price book')
    .command('refresh <folder>')
    .description('write the price book into a folder, with every price that the AWS Price List has today')
    .addHelpText(
      'after',
      `
Needs @aws-sdk/client-pricing and the right pricing:GetProducts. Compare the folder with cost/, review it, and put it there.

Example:
  stint prices refresh ./cost-new`,
    )
    .action((folder: string) =>
      tell(folder, async () => {
        const { pricesRefresh } = await import('./refresh.js')
        return pricesRefresh(folder, world)
      }),
    )

  program
    .command('quotas')
    .description('the quotas that bound what an account can spend')
    .command('refresh <account>')
    .description('print the applied quotas of an account, for accounts.<id>.quotas of the configuration')
    .option(...file)
    .addHelpText(
      'after',
      `
Needs @aws-sdk/client-service-quotas, and credentials of that account with servicequotas:ListServiceQuotas.

Example:
  stint quotas refresh 123456789012 --config stint.yaml`,
    )
    .action((account: string, { config }: FileOption) =>
      tell(config, async () => {
        const { quotasRefresh } = await import('./refresh.js')
        return quotasRefresh(config, await source(config), account, world)
      }),
    )
}

/** A command that has commands of both halves under it: the one that is there, or a new one. */
export const shared = (program: Command, name: string, summary: string): Command =>
  program.commands.find((command) => command.name() === name) ?? program.command(name).description(summary)

/** Names of roles have neither dot nor slash. */
const isPath = (name: string): boolean => /[./]/.test(name)
