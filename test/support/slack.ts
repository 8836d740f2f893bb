import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGate, type Hold } from './gate.js'
import { methods, type SlackState } from './slack-methods.js'
import { listen, readWire } from './wire.js'

/** What was said in a channel or a direct conversation, as it stands now. */
export interface SlackMessage {
  readonly channel: string
  readonly ts: string
  readonly thread_ts?: string
  readonly text: string
  readonly blocks: readonly SlackJson[]
  readonly metadata?: SlackJson
  /** To whom alone it is shown. */
  readonly ephemeral?: string
  /** How often it was changed after it was posted. */
  readonly edits: number
}

export type SlackJson = Readonly<Record<string, unknown>>

export interface SlackUser {
  readonly id: string
  readonly name: string
  readonly email?: string
  readonly deleted?: boolean
  /** Whether Slack has confirmed the address; yes when left out. */
  readonly unconfirmed?: boolean
}

/** A call as it came; `args` with what was JSON in the form read. */
export interface SlackCall {
  readonly method: string
  readonly args: SlackJson
  readonly at: number
}

export interface SlackOptions {
  /** By which messages are stamped; the real one when left out. */
  readonly clock?: () => number
  readonly botToken?: string
  readonly appToken?: string
  readonly users?: readonly SlackUser[]
  /** Where Socket Mode is. */
  readonly socket?: string
  /** Channels that the app is in, by id. */
  readonly channels?: readonly string[]
  /** Members by id of the user group. */
  readonly userGroups?: Readonly<Record<string, readonly string[]>>
}

/** How the next calls go wrong. Without `method` whichever comes next. */
export type SlackMischief = {
  readonly method?: string
  readonly times?: number
} & (
  | { readonly kind: 'limit'; readonly retryAfter: number }
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'error'; readonly error: string }
  /** Works, and answers only after so many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Works, and the answer is lost. */
  | { readonly kind: 'lose' }
  /** Ends the connection before anything is done. */
  | { readonly kind: 'reset' }
)

export interface Slack extends SlackState {
  /** The base of the Web API, with a slash at its end. */
  readonly url: string
  readonly botToken: string
  readonly appToken: string
  readonly calls: readonly SlackCall[]
  /** Everything that Slack refused, and why: empty when nobody makes mistakes. */
  readonly refusals: readonly string[]
  readonly go: (wrong: SlackMischief) => void
  /** What was sent to the `response_url` of a click, with the user it belongs to. */
  readonly answers: readonly SlackJson[]
  /** No more mischief. */
  readonly behave: () => void
  /** Every call from now on does its work, and its answer waits for the release. */
  readonly hold: () => Hold
  /** What was said in a channel and not to one person alone, oldest first. */
  readonly said: (channel: string) => readonly SlackMessage[]
  readonly close: () => Promise<void>
}

/** What a method refuses with, as Slack calls it. */
export class SlackRefusal extends Error {
  readonly error: string

  constructor(error: string, why = '') {
    super(why)
    this.error = error
  }
}

/**
 * Slack's Web API on loopback: the methods that Stint uses, with the checks that the real one makes of token,
 * channel, message and blocks. Everything lies in memory, to be looked at.
 */
export async function startSlack({
  clock = Date.now,
  botToken = 'xoxb-test-bot',
  appToken = 'xapp-test-app',
  users = [],
  channels = ['C0APPROVALS'],
  userGroups = {},
  socket,
}: SlackOptions = {}): Promise<Slack> {
  const calls: SlackCall[] = []
  const refusals: string[] = []
  const answers: SlackJson[] = []
  let plans: SlackMischief[] = []
  const gate = createGate()
  let last = 0
  const state: SlackState = {
    messages: [],
    views: [],
    users: [...users],
    channels: new Set(channels),
    userGroups: { ...userGroups },
    ...(socket !== undefined && { socket }),
    stamp: () => {
      // Slack's stamps tell messages of one channel apart, so no two are the same.
      last = Math.max(last + 1, Math.floor(clock() * 1_000))
      return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`
    },
  }

  /** Takes the next plan that is meant for this method. */
  function planFor(method: string): SlackMischief | undefined {
    const at = plans.findIndex((plan) => plan.method === undefined || plan.method === method)
    const plan = plans[at]
    if (!plan) return undefined
    const left = (plan.times ?? 1) - 1
    plans = plans.flatMap((one, n) => (n !== at ? [one] : left > 0 ? [{ ...one, times: left }] : []))
    return plan
  }

  function answer(method: string, token: string | undefined, args: SlackJson): SlackJson {
    try {
      if (token === undefined) throw new SlackRefusal('not_authed')
      if (token !== (method === 'apps.connections.open' ? appToken : botToken))
        throw new SlackRefusal('invalid_auth')
      const run = Object.hasOwn(methods, method) ? methods[method] : undefined
      if (!run) throw new SlackRefusal('unknown_method')
      return { ok: true, ...run(state, args) }
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error
      refusals.push(`${method}: ${error.error} ${error.message}`.trim())
      const more = error.message === '' ? {} : { response_metadata: { messages: [error.message] } }
      return { ok: false, error: error.error, ...more }
    }
  }

  function send(response: ServerResponse, status: number, body: SlackJson, retryAfter?: number): void {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'x-slack-req-id': randomUUID(),
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    })
    response.end(JSON.stringify(body))
  }

  const server = await listen(async (request, response) => {
    const wire = await readWire(request)
    const told = /^\/answers\/(\w+)$/.exec(wire.target)?.[1]
    if (told !== undefined) {
      answers.push({ user: told, ...(JSON.parse(wire.body) as SlackJson) })
      return send(response, 200, { ok: true })
    }
    const method = wire.target.replace(/^\/api\//, '').replace(/\?.*/, '')
    const args = argsOf(wire.headers['content-type'] ?? '', wire.body)
    const bearer = /^Bearer (\S+)$/.exec(wire.headers['authorization'] ?? '')?.[1]
    const plan = planFor(method)
    calls.push({ method, args, at: clock() })
    if (plan?.kind === 'reset') return void response.socket?.resetAndDestroy()
    if (plan?.kind === 'limit')
      return send(response, 429, { ok: false, error: 'ratelimited' }, plan.retryAfter)
    if (plan?.kind === 'status') return send(response, plan.status, { ok: false, error: 'internal_error' })
    if (plan?.kind === 'error') return send(response, 200, { ok: false, error: plan.error })
    const body = answer(method, bearer ?? (args['token'] as string | undefined), args)
    await gate.pass()
    if (plan?.kind === 'slow') await sleep(plan.ms)
    if (plan?.kind === 'lose') return void response.socket?.resetAndDestroy()
    return send(response, 200, body)
  })

  return {
    ...state,
    url: `${server.url}/api/`,
    botToken,
    appToken,
    calls,
    refusals,
    answers,
    go: (wrong) => void plans.push(wrong),
    behave: () => void (plans = []),
    hold: gate.hold,
    said: (channel) => state.messages.filter((one) => one.channel === channel && one.ephemeral === undefined),
    close: server.close,
  }
}

/** A form in which what is no plain text is JSON, or all of it as JSON. */
function argsOf(type: string, body: string): SlackJson {
  if (type.startsWith('application/json')) return JSON.parse(body === '' ? '{}' : body) as SlackJson
  return Object.fromEntries(
    [...new URLSearchParams(body)].map(([name, value]) => {
      if (!/^[[{]/.test(value) || name === 'text') return [name, value]
      return [name, JSON.parse(value) as unknown]
    }),
  )
}
