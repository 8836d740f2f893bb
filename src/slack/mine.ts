import type { App, BlockAction, ExternalSelectAction, RespondFn, types, webApi } from '@slack/bolt'
import type { Call } from '../grant/broker.js'
import type { Grant } from '../grant/grant.js'
import { roles, type RoleView } from '../grant/me.js'
import { search } from '../grant/search.js'
import { formatDuration, iso, type Instant } from '../time.js'
import { signedBy } from './clicks.js'
import { inTheirName, whisper, type SlackFace } from './face.js'
import { message, modal, section, type Block } from './modal.js'
import { capped, escape } from './say.js'
import type { SignedUser } from './who.js'

const title = 'Stint'

/** Slack's limit of options in one answer: who has more roles types some of a name. */
const mostOptions = 100
/** Slack's limit of an option's text. */
const longestOption = 75
const mostGrants = 20

/** Opens at once what somebody may ask for and has, and fills it after. */
export async function openMine(
  face: SlackFace,
  signed: SignedUser,
  client: webApi.WebClient,
  trigger: string,
  respond: RespondFn,
): Promise<void> {
  const opened = await client.views
    .open({ trigger_id: trigger, view: message(title, 'One moment …') })
    .catch((error: unknown) => face.failed(error, 'a view could not be opened'))
  const id = opened?.view?.id
  if (id === undefined)
    return whisper(face, respond, 'Slack did not open the view in time. Type it once more.')
  await fill(face, signed, client, id)
}

/** What chooses a role, and finds it among more than Slack shows. */
export function handleMine(bolt: App, face: SlackFace): void {
  bolt.options<'block_suggestion'>(
    { type: 'block_suggestion', action_id: 'role' },
    async ({ ack, body, client, payload }) => {
      const signed = { user: body.user.id, team: body.user.team_id ?? body.team?.id ?? '' }
      const click = { signed, client, operation: 'roles' }
      const done = await inTheirName(face, click, async (call) =>
        optionsOf(roles(face.broker, call), payload.value),
      )
      await ack({ options: done.ok ? done.value : [] })
    },
  )
  bolt.action<BlockAction<ExternalSelectAction>>(
    { type: 'block_actions', action_id: 'role' },
    async (chosen) => {
      const { ack, body, action, client } = chosen
      await ack()
      const view = body.view?.id
      if (view !== undefined) await fill(face, signedBy(body), client, view, action.selected_option?.value)
    },
  )
}

async function fill(
  face: SlackFace,
  signed: SignedUser,
  client: webApi.WebClient,
  view: string,
  role?: string,
): Promise<void> {
  const done = await inTheirName(face, { signed, client, operation: 'search' }, (call) =>
    mine(face, call, role),
  )
  await client.views
    .update({ view_id: view, view: done.ok ? modal(title, done.value) : message(title, done.text) })
    .catch((error: unknown) => face.failed(error, 'a view could not be updated'))
}

async function mine(
  { broker }: SlackFace,
  call: Call,
  chosen: string | undefined,
): Promise<readonly Block[]> {
  const { subject } = call.caller
  const found = await search(broker, call, { subject, states: ['pending', 'active'], limit: mostGrants })
  const mayAsk = roles(broker, call)
  const role = mayAsk.find(({ role: { name } }) => name === chosen)
  return [
    ...(mayAsk.length === 0 ? [section('You may ask for no role.')] : [picker]),
    ...(role ? [section(composed(role))] : []),
    section(found.items.length === 0 ? '*You have no open grants.*' : '*Your open grants*'),
    ...found.items.map((grant) => section(line(grant))),
    section('Whom a role is given to, and from where, is judged when you ask. Nothing is asked for here.'),
  ]
}

const picker: Block = {
  type: 'section',
  text: { type: 'mrkdwn', text: '*What do you need?*' },
  accessory: {
    type: 'external_select',
    action_id: 'role',
    min_query_length: 0,
    placeholder: { type: 'plain_text', text: 'Find a role' },
  },
}

export function optionsOf(mayAsk: readonly RoleView[], typed: string): types.PlainTextOption[] {
  const wanted = typed.toLowerCase()
  return mayAsk
    .map(({ role }) => role)
    .filter(({ name, description = '' }) => `${name} ${description}`.toLowerCase().includes(wanted))
    .slice(0, mostOptions)
    .map(({ name }) => ({ text: { type: 'plain_text', text: capped(name, longestOption) }, value: name }))
}

/** The command that asks for it: no token and no address comes with a click, so an ask never starts here. */
function composed({ role, limits, approval }: RoleView): string {
  const accounts = [...role.targets.values()]
  const account = accounts.length > 1 ? ' --account ACCOUNT' : ''
  const ticket = role.ticket === undefined ? '' : ' --ticket TICKET'
  const where = accounts.map(({ account: id, accountName }) => `${accountName} (${id})`).join(', ')
  const rules = [...new Set([...approval.values()].flat())]
  const { window } = limits
  return capped(
    [
      `*${escape(role.name)}*${role.description === undefined ? '' : `: ${escape(role.description)}`}`,
      `In ${escape(where)}, for ${formatDuration(window.default)} unless you say otherwise, ${formatDuration(window.max)} at most.`,
      rules.length === 0
        ? 'Nobody needs to agree to all of it.'
        : `All of it needs approval: ${escape(rules.join(', '))}.`,
      '```' + escape(`stint ask ${role.name}${account}${ticket} --reason "WHY"`) + '```',
    ].join('\n'),
  )
}

function line({ id, state, ask, scope, decideBy, endsAt }: Grant): string {
  const account = scope ? ` in ${scope.accountName}` : ''
  const told =
    state === 'pending'
      ? `waits for approval until ${timeOf(decideBy)}. \`stint cancel ${id}\``
      : `is active until ${timeOf(endsAt)}. \`stint exec ${ask.role} --grant ${id} -- COMMAND\`, \`stint end ${id}\``
  return capped(`*${escape(ask.role)}*${escape(account)} ${told}`)
}

/** In the reader's own zone. */
const timeOf = (at: Instant | undefined): string =>
  at === undefined ? 'its end' : `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${iso(at)}>`
