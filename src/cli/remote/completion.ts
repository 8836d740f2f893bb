import { Argument, type Command } from 'commander'
import { scripts, shells, type Level, type Shell } from './completion-scripts.js'
import type { Frame } from './frame.js'

export function addCompletion(program: Command, frame: Frame): void {
  program
    .command('completion')
    .description('print what your shell needs to complete commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
The script asks nobody at each Tab: it knows the commands of the stint that printed it. Print it anew with a new one.

Examples:
  stint completion bash >~/.local/share/bash-completion/completions/stint
  stint completion zsh >"\${fpath[1]}/_stint"
  stint completion fish >~/.config/fish/completions/stint.fish
  stint completion powershell >>$PROFILE`,
    )
    .action(frame.act(async ({ say }, shell: Shell) => say.raw(scripts[shell](levelsOf(program, '')))))
}

/** What can follow on each level: the commands and options under `stint`, under `stint store`, and so on. */
function levelsOf(command: Command, at: string): readonly Level[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const options = help.visibleOptions(command)
  return [
    {
      at,
      words: [
        ...commands.map((one) => ({ word: one.name(), about: one.description() })),
        ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
          argChoices.map((word) => ({ word, about: description })),
        ),
        ...options.flatMap(({ long, description }) => (long ? [{ word: long, about: description }] : [])),
      ],
      values: options.flatMap(({ long, argChoices }) =>
        long && argChoices ? [{ word: long, choices: argChoices }] : [],
      ),
    },
    ...commands.flatMap((one) => (one.name() === 'help' ? [] : levelsOf(one, `${at} ${one.name()}`))),
  ]
}
