import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Slack, SlackJson } from './slack.js'

export const signingSecret = '8f742231b10e8888abcd99yyyzzz85a5'
export const workspace = 'T0ACME'

/** What Slack signs a request with; `at` in milliseconds. */
export function signature(body: string, at: number, secret = signingSecret): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000))
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${mac}` }
}

/** Waits until it is so; fails when it is not in ten seconds. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await sleep(10)
  }
  throw new Error('It was waited for in vain.')
}

let triggers = 0
const from = (slack: Slack, user: string, team: string): SlackJson => ({
  user: { id: user, username: user.toLowerCase(), name: user.toLowerCase(), team_id: team },
  team: { id: team, domain: 'acme' },
  trigger_id: `${++triggers}.trigger`,
  response_url: new URL(`/answers/${user}`, slack.url).href,
})

/** A button of a message. */
export const buttonClick = (
  slack: Slack,
  user: string,
  action: string,
  value: string,
  team = workspace,
): SlackJson => ({
  type: 'block_actions',
  ...from(slack, user, team),
  channel: { id: 'C0APPROVALS' },
  container: { type: 'message', channel_id: 'C0APPROVALS', message_ts: '1.1' },
  actions: [{ type: 'button', action_id: action, block_id: 'b', value, action_ts: '1.2' }],
})

/** A view that was filled in and sent; the newest that Slack has with this callback unless said otherwise. */
export function submission(slack: Slack, user: string, reason: string, view?: SlackJson): SlackJson {
  const sent = view ?? slack.views.at(-1) ?? {}
  const { response_url: _, ...who } = from(slack, user, workspace)
  return {
    type: 'view_submission',
    ...who,
    view: { ...sent, state: { values: { why: { reason: { type: 'plain_text_input', value: reason } } } } },
  }
}

export const asForm = (payload: SlackJson): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString()

export const commandForm = (slack: Slack, user: string, text: string, team = workspace): string =>
  new URLSearchParams({
    command: '/stint',
    text,
    user_id: user,
    user_name: user.toLowerCase(),
    team_id: team,
    channel_id: 'C0APPROVALS',
    trigger_id: `${++triggers}.trigger`,
    response_url: new URL(`/answers/${user}`, slack.url).href,
  }).toString()

/** Sends a form to Stint as Slack does, signed for that moment. */
export async function post(url: string, body: string, at: number): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/slack/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...signature(body, at) },
    body,
    redirect: 'error',
  })
  return { status: response.status, text: await response.text() }
}
