import { chmod, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { profileLines, withProfile } from './aws-config.js'
import type { Frame, Session } from './frame.js'
import { writePrivate } from './private-file.js'
import { Stop } from './stop.js'

interface Flags {
  readonly account?: string
  readonly reason?: string
  readonly region?: string
  readonly name?: string
  readonly remove?: boolean
  readonly yes?: boolean
}

export function addConfig(program: Command, frame: Frame): void {
  const config = program
    .command('config')
    .description("profiles for the AWS CLI; a broker's configuration, looked at")
  frame
    .command(config, 'profile <role>', 'make a profile of the AWS CLI that gets its credentials from stint', {
      text: `Writes into ~/.aws/config (or AWS_CONFIG_FILE) after showing the difference. Only a profile that stint made is changed or
taken out.`,
      examples: [
        'stint config profile orders-debug --region us-east-1 --reason "debugging from my machine"',
        'aws --profile orders-debug dynamodb list-tables',
        'stint config profile orders-debug --remove',
      ],
    })
    .option('--account <id>', 'which account, where the role is in several')
    .option('--reason <text>', 'why, where a role wants to know and it is allowed at once')
    .option('--region <name>', "the profile's region")
    .option('--name <profile>', "the profile's name; the role's unless given")
    .option('--remove', 'take it out again')
    .option('--yes', 'without asking whether the difference is meant')
    .action(frame.act((session, role: string, flags: Flags) => configure(session, role, flags)))
}

async function configure(session: Session, role: string, flags: Flags): Promise<void> {
  const { world, say } = session
  const profile = plain('profile', flags.name ?? role)
  const named = world.env['AWS_CONFIG_FILE'] || join(world.home, '.aws', 'config')
  const file = await realpath(named).catch(() => named)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new Stop('invalid_config', `${file} cannot be read (${error.code ?? error.message}).`)
  })
  const before = profileLines(text, profile)
  if (
    before.length > 0 &&
    !before.some((line) => /^credential_process\s*=.*\bcredential-process\b/.test(line))
  )
    throw new Stop('conflict', `${file} has a profile ${profile} that is not stint's. Give another --name.`)
  const after = flags.remove ? [] : [`[profile ${profile}]`, ...settingsOf(session, role, flags)]
  const changed = before.join('\n') !== after.join('\n')
  if (say.json) say.value({ file, profile, before, after, changed })
  if (!changed) return say.note(`Nothing to change in ${file}.`)
  say.note(file, 'bold')
  for (const line of before) if (!after.includes(line)) say.note(`- ${line}`, 'red')
  for (const line of after) if (!before.includes(line)) say.note(`+ ${line}`, 'green')
  if (!flags.yes) {
    if (!world.interactive) throw new Stop('invalid_request', 'Nothing was written. Give --yes to do so.')
    if (!(await world.confirm('Write this?'))) throw new Stop('invalid_request', 'Nothing was written.')
  }
  const mode = await stat(file).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  )
  await writePrivate(file, withProfile(text, profile, after), world.random)
  await chmod(file, mode)
  say.note('Written.', 'green')
}

function settingsOf(session: Session, role: string, { account, reason, region }: Flags): readonly string[] {
  const words = [
    ...session.world.self.map((path) => inQuotes('path of stint', path)),
    'credential-process',
    plain('role', role),
    ...(account === undefined ? [] : ['--account', plain('account', account)]),
    ...(reason === undefined ? [] : ['--reason', inQuotes('reason', reason)]),
    '--url',
    inQuotes('address', session.url()),
  ]
  return [
    `credential_process = ${words.join(' ')}`,
    ...(region === undefined ? [] : [`region = ${plain('region', region)}`]),
  ]
}

/**
 * Some SDKs give the line to a shell and some split it themselves, so what is in it may mean nothing to either: words
 * of these characters, or of no more than those of `inQuotes` between double quotes.
 */
function plain(what: string, text: string): string {
  if (/^[A-Za-z0-9][\w.@+=,-]{0,127}$/.test(text)) return text
  throw new Stop(
    'invalid_request',
    `The ${what} must be letters, digits and _.@+=,- for ~/.aws/config, not ${text}.`,
  )
}

function inQuotes(what: string, text: string): string {
  if (/^[^"$`\\%!\p{C}\p{Zl}\p{Zp}]{1,1000}$/u.test(text)) return `"${text}"`
  throw new Stop('invalid_request', `The ${what} must have none of "$\`\\%! for ~/.aws/config.`)
}
