import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { sentenceOf } from '../decision/decision.js'
import { close } from '../grant/close.js'
import type { Snapshot } from '../grant/grant.js'
import { vote } from '../grant/vote.js'
import { inTheirName, whisper, type SlackFace } from './face.js'
import { capped, escape } from './say.js'
import type { SignedUser } from './who.js'

/** A grant's id: all that a button carries. */
const ulid = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

interface Signed {
  readonly user: { readonly id: string; readonly team_id?: string }
  readonly team: { readonly id: string } | null
}

/** The user, in their own workspace where Slack says that this is another one than the message's. */
export const signedBy = ({ user, team }: Signed): SignedUser => ({
  user: user.id,
  team: user.team_id ?? team?.id ?? '',
})

/** What a button or a form names; empty where that is no grant's id, which there is nothing under. */
export const grantOf = (value: string | undefined): string =>
  value !== undefined && ulid.test(value) ? value : ''

/** "Approve" and "I'm done": what needs nothing but the click. */
export function handleClicks(bolt: App, face: SlackFace): void {
  on(bolt, face, 'approve', 'vote', async (broker, call, grant) =>
    lastWord(await vote(broker, call, grant, { answer: 'yes' })),
  )
  on(bolt, face, 'end', 'end', async (broker, call, grant) => void (await close(broker, call, grant, 'end')))
}

type Verb = (
  broker: SlackFace['broker'],
  call: Parameters<typeof vote>[1],
  grant: string,
) => Promise<string | void>

function on(bolt: App, face: SlackFace, button: string, operation: string, verb: Verb): void {
  bolt.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: button }, async (clicked) => {
    const { ack, body, action, client, respond } = clicked
    await ack()
    const grant = grantOf(action.value)
    const click = { signed: signedBy(body), client, operation, grant }
    const done = await inTheirName(face, click, (call) => verb(face.broker, call, grant))
    const text = done.ok ? done.value : done.text
    if (typeof text === 'string') await whisper(face, respond, text)
  })
}

/** A yes that completed the votes, and yet did not open the grant. */
function lastWord({ grant }: Snapshot): string | undefined {
  if (grant.state !== 'denied') return undefined
  return capped(
    escape(
      `Yours was the last yes that it needed, but it no longer holds: ${sentenceOf(grant.decision.checks)}`,
    ),
  )
}
