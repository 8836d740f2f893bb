import { isSafeUrl } from '../identity/fetch-json.js'
import { minute, day, readDuration } from './durations.js'
import type { Environment } from './environment.js'
import { items, type ConfigFault, type Path, type Report } from './fault.js'
import type { SlackEntry, ToldEntry } from './file.js'

/** How Slack is reached, and what is said there. Tokens and secret come from the environment alone. */
export interface SlackWiring {
  /** Where what waits for approval is shown, unless a rule names another channel. */
  readonly channel: string
  /** Where what was allowed at once is shown; absent: nowhere. */
  readonly feed?: string
  /** `https://tickets.example.com/{ticket}`. */
  readonly ticketUrl?: string
  /** The Web API's base, where it is not Slack's own. */
  readonly apiUrl?: string
  readonly botToken?: string
  readonly signingSecret?: string
  readonly appToken?: string
}

/** The variables that Slack's part of the environment has. */
export const slackVariables = [
  'STINT_SLACK_BOT_TOKEN',
  'STINT_SLACK_SIGNING_SECRET',
  'STINT_SLACK_APP_TOKEN',
  'STINT_SLACK_API_URL',
] as const

/** What each kind of token begins with (docs.slack.dev/authentication/tokens). None of it is ever repeated. */
const shapes = {
  STINT_SLACK_BOT_TOKEN: [/^xoxb-[\w-]+$/, 'must be the bot token of the app, which begins with xoxb-'],
  STINT_SLACK_APP_TOKEN: [/^xapp-[\w-]+$/, 'must be an app-level token, which begins with xapp-'],
  STINT_SLACK_SIGNING_SECRET: [/^[\x21-\x7e]{16,}$/, 'must be the signing secret of the app'],
} as const

/** Reads `slack` with its part of the environment; undefined where Slack has no part in it. */
export function readSlack(
  entry: SlackEntry | undefined,
  env: Environment,
  report: Report,
  note: (fault: ConfigFault) => void,
): SlackWiring | undefined {
  const set = slackVariables.filter((name) => env[name] !== undefined)
  if (!entry) {
    for (const path of set) note({ path, message: 'is of no use without the section slack' })
    return undefined
  }
  const secret = (name: keyof typeof shapes): string | undefined => {
    const text = env[name]
    const [shape, message] = shapes[name]
    if (text !== undefined && !shape.test(text)) note({ path: name, message })
    return text
  }
  const apiUrl = env['STINT_SLACK_API_URL']
  if (apiUrl !== undefined && (!isSafeUrl(apiUrl) || !apiUrl.endsWith('/')))
    note({ path: 'STINT_SLACK_API_URL', message: unsafe })
  const { channel = '', feed, ticketUrl } = entry
  if (ticketUrl !== undefined && !isTemplate(ticketUrl))
    report(['slack', 'ticketUrl'], 'must be an https URL with {ticket} once in its path or query')
  const botToken = secret('STINT_SLACK_BOT_TOKEN')
  const signingSecret = secret('STINT_SLACK_SIGNING_SECRET')
  const appToken = secret('STINT_SLACK_APP_TOKEN')
  if ((signingSecret ?? appToken) !== undefined && items(entry.workspaces).length === 0)
    report(
      ['slack', 'workspaces'],
      'is required where clicks come from Slack: the ids of those that they are taken from',
    )
  if ((signingSecret ?? appToken) !== undefined && botToken === undefined)
    note({ path: 'STINT_SLACK_BOT_TOKEN', message: 'is required where clicks come from Slack' })
  return {
    channel,
    ...(feed !== undefined && { feed }),
    ...(ticketUrl !== undefined && { ticketUrl }),
    ...(apiUrl !== undefined && { apiUrl }),
    ...(botToken !== undefined && { botToken }),
    ...(signingSecret !== undefined && { signingSecret }),
    ...(appToken !== undefined && { appToken }),
  }
}

const unsafe = 'must be an https URL (http on loopback only) that ends with a slash, without credentials'

function isTemplate(text: string): boolean {
  if (text.split('{ticket}').length !== 2) return false
  const filled = text.replace('{ticket}', 'T')
  if (!URL.canParse(filled)) return false
  const { protocol, username, password, host } = new URL(filled)
  // Whoever asks chooses the ticket, and must not choose the host with it.
  const other = new URL(text.replace('{ticket}', 'x')).host
  return protocol === 'https:' && username === '' && password === '' && host === other
}

/** The channel that is named, else the usual one; none where Slack has no part in it. */
export function compileChannel(
  channel: string | undefined,
  path: Path,
  slack: SlackEntry | undefined,
  report: Report,
): { readonly channel?: string } {
  if (!slack && channel !== undefined) report(path, 'is of no use without the section slack')
  const where = slack && (channel ?? slack.channel)
  return where === undefined ? {} : { channel: where }
}

/** Where the asks that a rule applies to are shown, and how often approvers are reminded there. */
export function compileTold(
  { channel, remind, within }: ToldEntry,
  path: Path,
  slack: SlackEntry | undefined,
  report: Report,
): { readonly channel?: string; readonly remind?: number } {
  const where = compileChannel(channel, [...path, 'channel'], slack, report)
  if (!slack && remind !== undefined) report([...path, 'remind'], 'is of no use without the section slack')
  const every = !slack || remind === undefined ? undefined : readRemind(remind, within, path, report)
  return { ...where, ...(every !== undefined && { remind: every }) }
}

function readRemind(text: string, within: number, path: Path, report: Report): number {
  const every = readDuration(report, [...path, 'remind'], text, {
    least: minute,
    most: 7 * day,
    otherwise: day,
  })
  if (every >= within) report([...path, 'remind'], 'must be shorter than within, or nobody is ever reminded')
  return every
}
