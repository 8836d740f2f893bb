import type { Fault } from '../fault.js'

/** The three characters that mean something to Slack in any text (docs.slack.dev, "Formatting message text"). */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Within Slack's limit for the text of a section. What is longer is cut between characters, and says so. */
export const capped = (text: string, most = 3_000): string =>
  text.length <= most ? text : `${text.slice(0, most - 2).replace(/&[a-z]*$|[\ud800-\udbff]$/, '')} …`

/** What was refused and what helps, for whoever clicked. `known` says whether Stint knows their groups. */
export function refusalText(fault: Fault, grant: string | undefined, known: boolean): string {
  const help = !known && ['forbidden', 'not_found'].includes(fault.code) ? [signIn] : []
  const vote =
    fault.members['withToken'] === true && grant !== undefined
      ? [`Vote with \`stint approve ${grant}\` or \`stint deny ${grant}\`.`]
      : []
  return capped(escape([fault.detail, ...help, ...vote].join(' ')))
}

const signIn =
  'Stint has not seen a token of yours for a while, so it does not know your groups: run `stint whoami`, then click again.'
