import fc from 'fast-check'
import type { Slack, SlackJson } from '../slack.js'
import { asForm, buttonClick, commandForm, submission } from '../slack-clicks.js'
import { userOf } from '../slack-stint.js'
import type { Operation } from './contract.js'
import type { Recipe } from './requests.js'
import { spoiled } from './values.js'
import { hostileText, hostileValue } from './words.js'

const form = 'application/x-www-form-urlencoded'

const users = ['ana', 'bo', 'bo', 'dan', 'eve', 'nobody'].map(userOf)
const buttons = ['approve', 'approve', 'deny', 'revoke', 'end', 'cancel', 'details', 'mine', 'else']
const ids = ['<grant:0>', '<grant:0>', '<grant:1>', '<grant:4>', ...hostileText.slice(0, 12)]
const typed = ['', 'help', 'link', 'mine', 'list', 'status <grant:0>', 'unlink', ...hostileText]

/** Marks stay marks: what is filled in for them is no text that a form would have to encode. */
const marked = (text: string): string => text.replaceAll(/%3C(grant|key)%3A(\d)%3E/g, '<$1:$2>')

/**
 * What could come to `operation`, which is Slack's: clicks, forms and commands of whoever is in the workspace, whole and
 * with a part of them spoiled, and what is nothing of Slack's at all. Most are signed by Slack: what lies behind the
 * signature is where faults hide.
 */
export function slackRequests(slack: Slack, operation: Operation): fc.Arbitrary<Recipe> {
  const user = fc.constantFrom(...users)
  const clicks = fc
    .tuple(
      user,
      fc.constantFrom(...buttons),
      fc.constantFrom(...ids),
      fc.constantFrom('T0ACME', 'T0ACME', 'T1'),
    )
    .map(([who, button, id, team]) => buttonClick(slack, who, button, id, team))
  const forms = fc
    .tuple(user, fc.constantFrom('because of this', ...hostileText), fc.constantFrom(...ids))
    .map(([who, reason, id]) => {
      const callback_id = ['deny', 'revoke'][reason.length % 2]
      const view = slack.views.at(-1) ?? { type: 'modal', callback_id, private_metadata: id, blocks: [] }
      return submission(slack, who, reason, view)
    })
  const others = fc.record(
    {
      type: fc.constantFrom(
        'url_verification',
        'event_callback',
        'shortcut',
        'block_suggestion',
        'view_closed',
      ),
      challenge: hostileValue,
      event: hostileValue,
      user: hostileValue,
      team: hostileValue,
      view: hostileValue,
      actions: hostileValue,
    },
    { requiredKeys: ['type'] },
  )
  // Made anew each time: what is spoiled is spoiled in place.
  const payloads = fc.oneof(clicks, forms, others).map((payload) => structuredClone(payload))
  const sent = fc.oneof({ weight: 2, arbitrary: payloads }, { weight: 1, arbitrary: spoiled(payloads) })
  const commands = fc
    .tuple(user, fc.constantFrom(...typed))
    .map(([who, text]) => commandForm(slack, who, text))
  const body = fc.oneof(
    {
      weight: 6,
      arbitrary: sent.map((payload) => ({ type: form, text: marked(asForm(payload as SlackJson)) })),
    },
    { weight: 2, arbitrary: commands.map((text) => ({ type: form, text: marked(text) })) },
    {
      weight: 1,
      arbitrary: sent.map((payload) => ({ type: 'application/json', text: JSON.stringify(payload) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('', '{', 'payload=', 'payload={}', 'payload=[]&payload=[]', 'ssl_check=1')
        .map((text) => ({ type: form, text })),
    },
  )
  const signed = fc.constantFrom<NonNullable<Recipe['slack']>>(
    'now',
    'now',
    'now',
    'now',
    'long ago',
    'by others',
  )
  return fc.tuple(body, signed).map(([{ type, text }, signed]) => ({
    operation,
    as: 'nobody',
    method: operation.method,
    target: operation.path,
    headers: { 'content-type': type, 'x-forwarded-for': '203.0.113.7' },
    body: { text, encoding: 'utf8' },
    slack: signed,
  }))
}
