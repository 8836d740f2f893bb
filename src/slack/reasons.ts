import type { App, BlockAction, ButtonAction, ViewSubmitAction } from '@slack/bolt'
import type { Call } from '../grant/broker.js'
import { close } from '../grant/close.js'
import { signOff } from '../grant/review.js'
import { vote } from '../grant/vote.js'
import { isPrintable } from '../identity/printable.js'
import { grantOf, signedBy } from './clicks.js'
import { inTheirName, whisper, type SlackFace } from './face.js'
import { message, type Modal } from './modal.js'

const why = 'Why? Who asked will read it, and it stays on the record.'

/** What asks for a reason first, by the button that opens it. */
const forms = {
  deny: {
    operation: 'vote',
    title: 'Deny',
    done: 'Denied. Who asked is told, with your reason.',
    label: why,
  },
  revoke: {
    operation: 'revoke',
    title: 'Revoke',
    done: 'Revoked: no more credentials are issued.',
    label: why,
  },
  review: {
    operation: 'review',
    title: 'Sign off',
    done: 'Signed off. Who asked is told, with what you wrote.',
    label: 'What was done, and was it right? Who asked will read it, and it stays on the record.',
  },
} as const
type Form = keyof typeof forms

const longest = 1_000

/** "Deny", "Revoke" and "Sign off": a view that asks why, and what is done when it is sent. */
export function handleReasons(bolt: App, face: SlackFace): void {
  for (const form of Object.keys(forms) as Form[]) {
    bolt.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: form }, async (clicked) => {
      const { ack, body, action, client, respond } = clicked
      await ack()
      // At once: what opens it holds for three seconds. Who may do it is looked at when it is sent.
      await client.views
        .open({ trigger_id: body.trigger_id, view: ask(form, grantOf(action.value)) })
        .catch(async (error: unknown) => {
          face.failed(error, 'a view could not be opened')
          await whisper(face, respond, 'Slack did not open the form in time. Click once more.')
        })
    })
    bolt.view<ViewSubmitAction>(
      { type: 'view_submission', callback_id: form },
      async ({ ack, body, client }) => {
        const reason = (body.view.state.values['why']?.['reason']?.value ?? '').trim().replace(/\s+/g, ' ')
        if (!isPrintable(reason, longest)) {
          const why = `Write 1 to ${longest} visible characters.`
          return ack({ response_action: 'errors', errors: { why } })
        }
        const { title, done: said, operation } = forms[form]
        await ack({ response_action: 'update', view: message(title, 'One moment …') })
        const grant = grantOf(body.view.private_metadata)
        const click = { signed: signedBy(body), client, operation, grant }
        const done = await inTheirName(face, click, (call) => carryOut(form, face, call, grant, reason))
        await client.views
          .update({ view_id: body.view.id, view: message(title, done.ok ? said : done.text) })
          .catch((error: unknown) => face.failed(error, 'a view could not be updated'))
      },
    )
  }
}

async function carryOut(
  form: Form,
  { broker }: SlackFace,
  call: Call,
  grant: string,
  reason: string,
): Promise<void> {
  if (form === 'deny') await vote(broker, call, grant, { answer: 'no', reason })
  else if (form === 'review') await signOff(broker, call, grant, reason)
  else await close(broker, call, grant, 'revoke', reason)
}

const ask = (form: Form, grant: string): Modal => ({
  type: 'modal',
  callback_id: form,
  private_metadata: grant,
  title: { type: 'plain_text', text: forms[form].title },
  submit: { type: 'plain_text', text: forms[form].title },
  close: { type: 'plain_text', text: 'Back' },
  blocks: [
    {
      type: 'input',
      block_id: 'why',
      label: { type: 'plain_text', text: forms[form].label },
      element: { type: 'plain_text_input', action_id: 'reason', max_length: longest, focus_on_load: true },
    },
  ],
})
