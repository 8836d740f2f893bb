import { quoted as word } from './text.js'

export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const
export type Shell = (typeof shells)[number]

/** A level of the command line, such as ` store` for what can follow `stint store`. */
export interface Level {
  readonly at: string
  readonly words: readonly { readonly word: string; readonly about: string }[]
  /** What can follow an option, where that is a choice. */
  readonly values: readonly { readonly word: string; readonly choices: readonly string[] }[]
}

const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
const below = (levels: readonly Level[]) => levels.filter(({ at }) => at !== '').map(({ at }) => at)
const optionsWithValues = (levels: readonly Level[]) =>
  levels.flatMap(({ at, values }) =>
    values.map(({ word: option, choices }) => ({ at: `${at} ${option}`, choices })),
  )

/** A script for each shell. After `--` stands somebody else's command, and that is completed as such. */
export const scripts: Readonly<Record<Shell, (levels: readonly Level[]) => string>> = {
  bash: (levels) => `# bash completion of stint
_stint() {
  local at='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ \${COMP_WORDS[i]} == -- ]] && return
    case "$at \${COMP_WORDS[i]}" in
      ${below(levels).map(singleQuoted).join(' | ')}) at+=" \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at \${COMP_WORDS[COMP_CWORD - 1]}" in
${optionsWithValues(levels)
  .map(({ at, choices }) => `    ${singleQuoted(at)}) words=${singleQuoted(choices.join(' '))} ;;\n`)
  .join('')}  esac
  [[ -n $words ]] || case "$at" in
${levels.map(({ at, words }) => `    ${singleQuoted(at)}) words=${singleQuoted(words.map((one) => one.word).join(' '))} ;;\n`).join('')}  esac
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _stint stint
`,

  zsh: (levels) => `#compdef stint
_stint() {
  local at='' each
  local -a items
  for each in "\${(@)words[2,CURRENT-1]}"; do
    [[ $each == -- ]] && { _normal; return }
    case "$at $each" in
      (${below(levels).map(singleQuoted).join('|')}) at+=" $each" ;;
    esac
  done
  case "$at $words[CURRENT-1]" in
${optionsWithValues(levels)
  .map(({ at, choices }) => `    (${singleQuoted(at)}) items=(${choices.map(word).join(' ')}) ;;\n`)
  .join('')}  esac
  if (( ! $#items )); then
    case "$at" in
${levels
  .map(
    ({ at, words }) =>
      `      (${singleQuoted(at)}) items=(${words.map((one) => singleQuoted(`${one.word}:${one.about.replaceAll(':', '\\:')}`)).join(' ')}) ;;\n`,
  )
  .join('')}    esac
  fi
  _describe stint items || _files
}
if [[ \${funcstack[1]-} == _stint ]]; then _stint; elif (( \${+functions[compdef]} )); then compdef _stint stint; fi
`,

  fish: (levels) => `# fish completion of stint
function __stint_at
    set -l at ''
    for each in (commandline -opc)[2..]
        test "$each" = --; and return 1
        switch "$at $each"
            case ${below(levels).map(fishQuoted).join(' ')}
                set at "$at $each"
        end
    end
    test "$at" = "$argv[1]"
end
${levels
  .flatMap(({ at, words, values }) =>
    words.map(({ word: one, about }) => {
      const choices = values.find((value) => value.word === one)?.choices
      const what = one.startsWith('--') ? `-l ${one.slice(2)}` : `-f -a ${one}`
      const then = choices ? ` -xa ${fishQuoted(choices.join(' '))}` : ''
      return `complete -c stint -n ${fishQuoted(`__stint_at ${fishQuoted(at)}`)} ${what}${then} -d ${fishQuoted(about)}\n`
    }),
  )
  .join('')}`,

  powershell: (levels) => `# PowerShell completion of stint
Register-ArgumentCompleter -Native -CommandName stint -ScriptBlock {
  param($word, $line, $position)
  $items = @{
${levels
  .map(
    ({ at, words }) =>
      `    ${psQuoted(at)} = @{ ${words.map((one) => `${psQuoted(one.word)} = ${psQuoted(one.about)}`).join('; ')} }\n`,
  )
  .join('')}${optionsWithValues(levels)
    .map(
      ({ at, choices }) =>
        `    ${psQuoted(at)} = @{ ${choices.map((one) => `${psQuoted(one)} = ${psQuoted(one)}`).join('; ')} }\n`,
    )
    .join('')}  }
  $at = ''
  $last = ''
  foreach ($element in $line.CommandElements | Select-Object -Skip 1) {
    if ($element.Extent.EndOffset -ge $position) { break }
    $last = $element.Extent.Text
    if ($last -eq '--') { return }
    if (-not $last.StartsWith('-') -and $items.ContainsKey("$at $last")) { $at = "$at $last" }
  }
  $found = if ($last.StartsWith('-') -and $items.ContainsKey("$at $last")) { $items["$at $last"] } else { $items[$at] }
  $found.GetEnumerator() | Where-Object { $_.Name -like "$word*" } | Sort-Object Name | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Name, $_.Name, 'ParameterValue', $_.Value)
  }
}
`,
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

function psQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
