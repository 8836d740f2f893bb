import type { Command } from 'commander'
import { createClient, type Client } from './client.js'
import { createOutput, type Output } from './output.js'
import { readSettings, type Settings } from './settings.js'
import { exitOf, Stop } from './stop.js'
import type { Tokens } from './tokens.js'
import type { World } from './world.js'

/** What every command that talks to a broker may be told. */
export interface CommonFlags {
  readonly url?: string
  readonly json?: boolean
  readonly login?: boolean
}

/** One run of one command. */
export interface Session {
  readonly world: World
  readonly settings: Settings
  readonly say: Output
  /** The broker's address. Throws a `Stop` where nobody has said it. */
  url(): string
  /** Who is asking. Signs in at once only where `--login` was given. */
  tokens(): Tokens
  client(): Client
}

/** Where commands are hung up. */
export interface Frame {
  /** Declares a command with the flags that all have. `examples` are whole lines, shown after the help. */
  command(parent: Command, usage: string, summary: string, help: Help): Command
  /** What commander calls: runs the command and ends with its exit code, or with a sentence and the fault's. */
  act<Args extends readonly unknown[]>(
    run: (session: Session, ...args: Args) => Promise<number | void>,
  ): (...given: unknown[]) => Promise<void>
}

export interface Help {
  /** What must be known beside the options, in sentences. */
  readonly text?: string
  readonly examples: readonly string[]
}

/** How a session gets its tokens, decided by who wires it. */
export type FindTokens = (
  world: World,
  settings: Settings,
  url: string,
  say: Output,
  login: boolean,
) => Tokens

export function createFrame(world: World, findTokens: FindTokens, end: (exit: number) => void): Frame {
  return {
    command: (parent, usage, summary, { text, examples }) =>
      parent
        .command(usage)
        .description(summary)
        .option('--url <url>', 'the broker; else STINT_URL, else the file of settings')
        .option('--json', 'data as JSON')
        .option('--login', 'sign in first where that is needed; may open a browser')
        .addHelpText(
          'after',
          `${text ? `\n${text}\n` : ''}\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`,
        ),
    act:
      <Args extends readonly unknown[]>(run: (session: Session, ...args: Args) => Promise<number | void>) =>
      async (...given: unknown[]) => {
        // Commander gives what stands on the line, the options, and itself.
        const flags = (given.at(-1) as Command).opts<CommonFlags>()
        const say = createOutput(world, flags.json === true)
        try {
          const session = open(world, flags, say, findTokens)
          end((await run(session, ...(given.slice(0, -1) as unknown as Args))) ?? 0)
        } catch (error) {
          end(complain(say, error))
        }
      },
  }
}

function open(world: World, flags: CommonFlags, say: Output, findTokens: FindTokens): Session {
  const settings = readSettings(world, flags.url === undefined ? {} : { url: flags.url })
  const session: Session = {
    world,
    settings,
    say,
    url() {
      if (settings.url !== undefined) return settings.url
      throw new Stop(
        'invalid_config',
        'Which broker? Set STINT_URL, or give --url https://stint.example.com.',
      )
    },
    tokens: () => findTokens(world, settings, session.url(), say, flags.login === true),
    client: () => createClient(world, session.url(), session.tokens()),
  }
  return session
}

/** Says why a command did not do what was wanted, and gives its exit code. */
export function complain(say: Output, error: unknown): number {
  const stop = error instanceof Stop ? error : undefined
  const detail = error instanceof Error ? error.message : String(error)
  if (say.json) say.value({ problem: stop?.problem ?? { code: stop?.code ?? 'internal', detail } })
  say.note(`stint: ${detail}`, 'red')
  for (const { ok, detail: found, remedy } of stop?.problem?.checks ?? [])
    if (!ok)
      for (const line of [found, remedy])
        if (line !== undefined && !detail.includes(line)) say.note(`  ${line}`)
  return exitOf(stop?.code ?? 'internal')
}
