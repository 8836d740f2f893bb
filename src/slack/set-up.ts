import type { Config } from '../config/load.js'
import type { Fetch } from '../identity/fetch-json.js'

/** One thing that Slack needs, whether it is there, and what to do where it is not. */
export interface Finding {
  readonly ok: boolean
  readonly detail: string
}

type Said = Readonly<Record<string, unknown>> & { readonly ok?: boolean; readonly error?: string }

const slackApi = 'https://slack.com/api/'
/** How long Slack may take to answer, in milliseconds. */
const patience = 10_000

/** What the app may do at least; the rest depends on the configuration. */
const always = ['chat:write', 'commands', 'im:write', 'channels:history', 'groups:history', 'im:history']

/**
 * Looks with the configuration and its tokens whether Slack would let Stint do what it is to do, and whether a click
 * could count for anything. Nothing is posted. A signing secret cannot be tried from here: only that there is one.
 */
export async function checkSetUp(config: Config, fetch: Fetch): Promise<readonly Finding[]> {
  const { slack, clicks, onCall } = config
  if (!slack) return [bad('The configuration has no section slack.')]
  const { botToken, appToken, signingSecret, apiUrl = slackApi } = slack
  if (botToken === undefined) return [bad('STINT_SLACK_BOT_TOKEN is not set: nothing can be said in Slack.')]
  const ask = (method: string, args: Readonly<Record<string, string>> = {}, token = botToken) =>
    call(fetch, apiUrl, token, method, args)

  const { said: me, scopes } = await ask('auth.test')
  if (!me.ok) return [bad(`The bot token is not taken: ${me.error ?? 'no answer'}.`)]
  const groups = [...onCall.values()].flatMap((schedule) =>
    'slackGroup' in schedule ? [schedule.slackGroup] : [],
  )
  const needed = [
    ...always,
    ...(clicks.emails.length > 0 ? ['users:read', 'users:read.email'] : []),
    ...(groups.length > 0 ? ['usergroups:read'] : []),
  ]
  const lacking = scopes ? needed.filter((scope) => !scopes.includes(scope)) : []
  const team = String(me['team_id'])
  const channels = [slack.channel, slack.feed, ...config.catalog.approvals.map(({ channel }) => channel)]
  return [
    good(`The bot token is that of ${String(me['user'])} in ${String(me['team'])} (${team}).`),
    lacking.length > 0
      ? bad(`The app lacks the scopes ${lacking.join(', ')}: add them and install it again.`)
      : good(
          scopes ? 'The app has the scopes that it needs.' : 'Slack did not say which scopes the app has.',
        ),
    ...(await Promise.all(
      [...new Set(channels.filter((channel) => channel !== undefined))].map(async (channel) =>
        membership(channel, (await ask('conversations.info', { channel })).said),
      ),
    )),
    ...(await Promise.all(
      groups.map(async (usergroup) => {
        const { said } = await ask('usergroups.users.list', { usergroup })
        return said.ok
          ? good(`The user group ${usergroup} can be read.`)
          : bad(`The user group ${usergroup} cannot be read: ${said.error ?? 'no answer'}.`)
      }),
    )),
    ...(appToken === undefined ? [] : [opened((await ask('apps.connections.open', {}, appToken)).said)]),
    ...clicking(config, team, signingSecret !== undefined, appToken !== undefined),
  ]
}

const good = (detail: string): Finding => ({ ok: true, detail })
const bad = (detail: string): Finding => ({ ok: false, detail })

function membership(channel: string, said: Said): Finding {
  const { is_member: member } = (said['channel'] ?? {}) as { readonly is_member?: boolean }
  if (!said.ok)
    return bad(`The channel ${channel} is not seen (${said.error ?? 'no answer'}): invite the app to it.`)
  return member ? good(`The app is in ${channel}.`) : bad(`The app is not in ${channel}: invite it there.`)
}

const opened = (said: Said): Finding =>
  said.ok
    ? good('A socket can be opened.')
    : bad(
        `No socket can be opened (${said.error ?? 'no answer'}): the app-level token needs connections:write.`,
      )

/** Whether clicks arrive, and whether any rule would count them. */
function clicking(
  { clicks, catalog }: Config,
  team: string,
  http: boolean,
  socket: boolean,
): readonly Finding[] {
  if (!http && !socket)
    return [
      bad('No click arrives: set STINT_SLACK_SIGNING_SECRET (HTTP) or STINT_SLACK_APP_TOKEN (Socket Mode).'),
    ]
  const strict = [...catalog.roles.values()].filter(
    ({ signIn, from }) =>
      (catalog.voterSignIn ?? signIn) !== undefined || (catalog.voterFrom ?? from) !== 'any',
  )
  const names = strict
    .map(({ name }) => name)
    .slice(0, 5)
    .join(', ')
  return [
    ...(http
      ? [good('Clicks come by HTTP to /slack/events; the secret is set, and is tried by the first click.')]
      : []),
    ...(socket ? [good('Clicks come by a socket.')] : []),
    clicks.workspaces.includes(team)
      ? good('Clicks are taken from this workspace.')
      : bad(`slack.workspaces does not have ${team}: no click of this workspace is taken.`),
    strict.length > 0
      ? bad(
          `Clicks count for nothing where voters must show an address or a sign-in: ${names}${strict.length > 5 ? ' and more' : ''} (voters.from, voters.signIn, signIn of the role).`,
        )
      : good('Clicks count for every role; rules with slack: false take none.'),
  ]
}

async function call(
  fetch: Fetch,
  apiUrl: string,
  token: string,
  method: string,
  args: Readonly<Record<string, string>>,
): Promise<{ readonly said: Said; readonly scopes?: readonly string[] }> {
  try {
    const response = await fetch(`${apiUrl}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams(args),
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    const scopes = response.headers
      .get('x-oauth-scopes')
      ?.split(',')
      .map((scope) => scope.trim())
    return { said: (await response.json()) as Said, ...(scopes && { scopes }) }
  } catch {
    return { said: { ok: false, error: 'Slack was not reached' } }
  }
}
