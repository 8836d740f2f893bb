import { blocksFaults, viewFaults } from './slack-blocks.js'
import { SlackRefusal, type SlackJson, type SlackMessage, type SlackUser } from './slack.js'

/** What Slack holds; methods change it. */
export interface SlackState {
  readonly messages: SlackMessage[]
  /** Modals that were opened, the newest last, each as it was last updated. */
  readonly views: SlackJson[]
  readonly users: SlackUser[]
  readonly channels: Set<string>
  readonly userGroups: Record<string, readonly string[]>
  /** Where Socket Mode is, where it is. */
  readonly socket?: string
  /** The next time stamp; no two are the same. */
  readonly stamp: () => string
}

type Method = (state: SlackState, args: SlackJson) => SlackJson

const textOf = (args: SlackJson, name: string): string | undefined =>
  typeof args[name] === 'string' && args[name] !== '' ? args[name] : undefined

function needed(args: SlackJson, name: string): string {
  const text = textOf(args, name)
  if (text === undefined) throw new SlackRefusal('invalid_arguments', `missing required field: ${name}`)
  return text
}

const conversationOf = (user: string): string => `D${user.slice(1)}`

function channelOf({ channels, users }: SlackState, args: SlackJson): string {
  const channel = needed(args, 'channel')
  if (channels.has(channel) || users.some(({ id }) => conversationOf(id) === channel)) return channel
  throw new SlackRefusal('channel_not_found')
}

/** Text and blocks of a message: one of them at least, and both as Slack takes them. */
function content(args: SlackJson): Pick<SlackMessage, 'text' | 'blocks'> {
  const { text = '', blocks = [] } = args as { text?: string; blocks?: readonly SlackJson[] }
  const faults = blocksFaults(blocks)
  if (faults.length > 0) throw new SlackRefusal('invalid_blocks', faults.join('; '))
  if (text === '' && blocks.length === 0) throw new SlackRefusal('no_text')
  if (text.length > 40_000) throw new SlackRefusal('msg_too_long')
  return { text, blocks }
}

function found(state: SlackState, channel: string, ts: string): SlackMessage | undefined {
  return state.messages.find((one) => one.channel === channel && one.ts === ts)
}

/** Newest first, a page at a time; a cursor is the stamp of the last one. */
function page(all: readonly SlackMessage[], args: SlackJson): SlackJson {
  const { oldest = '0', limit = 100, cursor, include_all_metadata: all_metadata } = args
  const after = all
    .filter(({ ts }) => Number(ts) > Number(oldest) && (cursor === undefined || Number(ts) < Number(cursor)))
    .sort((a, b) => Number(b.ts) - Number(a.ts))
  const shown = after.slice(0, Math.min(Number(limit), 999))
  const more = after.length > shown.length
  const told = String(all_metadata) === 'true'
  return {
    messages: shown.map(({ metadata, edits: _, channel: __, ...one }) => ({
      type: 'message',
      ...one,
      ...(told && metadata && { metadata }),
    })),
    has_more: more,
    response_metadata: { next_cursor: more ? (shown.at(-1)?.ts ?? '') : '' },
  }
}

function view(args: SlackJson): SlackJson {
  const faults = viewFaults(args['view'])
  if (faults.length > 0) throw new SlackRefusal('invalid_arguments', faults.join('; '))
  return args['view'] as SlackJson
}

function putView(state: SlackState, id: string, given: SlackJson): SlackJson {
  const shown = { ...given, id }
  const at = state.views.findIndex((one) => one['id'] === id)
  if (at < 0) state.views.push(shown)
  else state.views[at] = shown
  return { view: shown }
}

function userOf(state: SlackState, id: string): SlackUser {
  const user = state.users.find((one) => one.id === id)
  if (!user) throw new SlackRefusal('user_not_found')
  return user
}

const shownUser = ({ id, name, email, deleted = false, unconfirmed = false }: SlackUser): SlackJson => ({
  id,
  name,
  deleted,
  is_email_confirmed: email !== undefined && !unconfirmed,
  profile: { real_name: name, ...(email !== undefined && { email }) },
})

export const methods: Readonly<Record<string, Method>> = {
  'auth.test': () => ({
    team: 'Acme',
    team_id: 'T0ACME',
    user: 'stint',
    user_id: 'U0STINT',
    bot_id: 'B0STINT',
  }),
  'apps.connections.open'({ socket }) {
    if (socket === undefined) throw new SlackRefusal('internal_error', 'there is no socket here')
    return { url: socket }
  },
  'chat.postMessage'(state, args) {
    const channel = channelOf(state, args)
    const thread = textOf(args, 'thread_ts')
    if (thread !== undefined && !found(state, channel, thread)) throw new SlackRefusal('thread_not_found')
    const message: SlackMessage = {
      channel,
      ts: state.stamp(),
      ...content(args),
      ...(thread !== undefined && { thread_ts: thread }),
      ...(args['metadata'] !== undefined && { metadata: args['metadata'] as SlackJson }),
      edits: 0,
    }
    state.messages.push(message)
    return { channel, ts: message.ts, message: { ...message } }
  },
  'chat.postEphemeral'(state, args) {
    const channel = channelOf(state, args)
    const ephemeral = userOf(state, needed(args, 'user')).id
    const message: SlackMessage = { channel, ts: state.stamp(), ...content(args), ephemeral, edits: 0 }
    state.messages.push(message)
    return { message_ts: message.ts }
  },
  'chat.update'(state, args) {
    const channel = channelOf(state, args)
    const before = found(state, channel, needed(args, 'ts'))
    if (!before || before.ephemeral !== undefined) throw new SlackRefusal('message_not_found')
    const after: SlackMessage = { ...before, ...content(args), edits: before.edits + 1 }
    state.messages[state.messages.indexOf(before)] = after
    return { channel, ts: after.ts, text: after.text }
  },
  'conversations.open'(state, args) {
    const user = userOf(state, needed(args, 'users'))
    if (user.deleted) throw new SlackRefusal('user_disabled')
    return { channel: { id: conversationOf(user.id) } }
  },
  'conversations.history': (state, args) => {
    const channel = channelOf(state, args)
    const shown = state.messages.filter(
      (one) => one.channel === channel && one.thread_ts === undefined && one.ephemeral === undefined,
    )
    return page(shown, args)
  },
  'conversations.replies': (state, args) => {
    const channel = channelOf(state, args)
    const thread = needed(args, 'ts')
    if (!found(state, channel, thread)) throw new SlackRefusal('thread_not_found')
    return page(
      state.messages.filter(
        (one) => one.channel === channel && (one.thread_ts === thread || one.ts === thread),
      ),
      args,
    )
  },
  'conversations.info': (state, args) => ({ channel: { id: channelOf(state, args), is_member: true } }),
  'users.info': (state, args) => ({ user: shownUser(userOf(state, needed(args, 'user'))) }),
  'users.lookupByEmail'(state, args) {
    const user = state.users.find(({ email }) => email === needed(args, 'email'))
    if (!user) throw new SlackRefusal('users_not_found')
    return { user: shownUser(user) }
  },
  'usergroups.users.list'(state, args) {
    const users = state.userGroups[needed(args, 'usergroup')]
    if (!users) throw new SlackRefusal('no_such_subteam')
    return { users }
  },
  'views.open'(state, args) {
    needed(args, 'trigger_id')
    return putView(state, `V${state.views.length + 1}`, view(args))
  },
  'views.update': (state, args) => {
    const id = needed(args, 'view_id')
    if (!state.views.some((one) => one['id'] === id)) throw new SlackRefusal('not_found')
    return putView(state, id, view(args))
  },
}
