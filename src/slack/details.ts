import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { receiptText } from '../cost/text.js'
import type { Snapshot } from '../grant/grant.js'
import { read } from '../grant/search.js'
import { compile } from '../iam/session-policy.js'
import type { Instant } from '../time.js'
import { grantOf, signedBy } from './clicks.js'
import { inTheirName, whisper, type SlackFace } from './face.js'
import { message, modal, section, type Block, type Modal } from './modal.js'
import { capped, escape } from './say.js'

const title = 'Details'

/** What one section takes, with the fence around it. */
const fenced = 2_900
/** Sections for each of the two texts: what is longer is read at the command line. */
const most = 8

/** "Details": the session policy and the whole receipt, in a view that opens at once and is filled after. */
export function handleDetails(bolt: App, face: SlackFace): void {
  bolt.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: 'details' }, async (clicked) => {
    const { ack, body, action, client, respond } = clicked
    await ack()
    const grant = grantOf(action.value)
    const opened = await client.views
      .open({ trigger_id: body.trigger_id, view: message(title, 'One moment …') })
      .catch((error: unknown) => face.failed(error, 'a view could not be opened'))
    const click = { signed: signedBy(body), client, operation: 'read', grant }
    const done = await inTheirName(face, click, (call) => read(face.broker, call, grant))
    const id = opened?.view?.id
    if (id === undefined)
      return whisper(face, respond, 'Slack did not open the view in time. Click once more.')
    const view = done.ok ? drawDetails(done.value) : message(title, done.text)
    return void (await client.views
      .update({ view_id: id, view })
      .catch((error: unknown) => face.failed(error, 'a view could not be updated')))
  })
}

/** What the session could do, as AWS would be told it, and what that could cost. */
export function drawDetails({ grant }: Snapshot): Modal {
  const { scope, decision, id } = grant
  const receipt = decision.cost?.receipt
  return modal(title, [
    section('*Session policy*, with its bounds as they are at the end of the window'),
    ...(scope
      ? pieces(policyOf(scope, latestEnd(grant)), id)
      : [section('None: it was refused before it was known.')]),
    section('*What it could cost*'),
    ...(receipt ? pieces(receiptText(receipt, 1_000), id) : [section('It was not computed.')]),
  ])
}

type Scope = NonNullable<Snapshot['grant']['scope']>

/** When it ends, or would if it were approved at the last moment. */
const latestEnd = ({ endsAt, decideBy, createdAt, scope }: Snapshot['grant']): Instant =>
  endsAt ?? (decideBy ?? createdAt) + (scope?.window ?? 0)

function policyOf({ statements, regions, egress, managed }: Scope, notAfter: Instant): string {
  const policy = compile(statements, { notAfter, regions, ...(egress && { egress }) })
  const text = policy.ok ? policy.json : JSON.stringify(statements)
  const pretty = JSON.stringify(JSON.parse(text) as object, undefined, 1)
  return managed ? `managed policy ${managed.arn}, and at each issue its bounds:\n${pretty}` : pretty
}

/** A text in fixed width, over as many sections as it needs. */
function pieces(text: string, id: string): readonly Block[] {
  const escaped = escape(text.replaceAll('```', "'''"))
  const cut: string[] = []
  let rest = escaped
  while (rest.length > 0 && cut.length < most) {
    const piece = rest.length <= fenced ? rest : capped(rest, fenced).slice(0, -2)
    cut.push(piece)
    rest = rest.slice(piece.length)
  }
  const blocks = cut.map((piece) => section('```' + piece + '```'))
  return rest === '' ? blocks : [...blocks, section(`The rest of it: \`stint status ${id} --json\`.`)]
}
