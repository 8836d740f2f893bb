import type { Grant, Issuance } from '../grant/grant.js'
import { formatDuration } from '../time.js'
import { nameOf } from './draw-ask.js'
import { placeOf } from './draw.js'
import { plain, whenMark } from './rich.js'
import { capped, escape } from './say.js'

// One line each for threads and direct messages. All that is not ours is made visible, cut, escaped, and stands
// where Slack looks for no format: a name in the middle of a sentence could still make some of it bold.

const said = (content: string, most = 300): string =>
  escape(plain(content, most)).replace(/[*_~`]/g, (mark) => `\u2060${mark}\u2060`)

const waits = ({ decision: { requirements } }: Grant): string =>
  requirements.map(({ votes, by }) => `${votes} by ${said(by, 200)}`).join(', and ')

export const reminderText = (grant: Grant): string =>
  `Still waiting: ${said(placeOf(grant))} for ${said(nameOf(grant.asker.subject))} needs ${waits(grant)}${
    grant.decideBy === undefined ? '' : `, by ${whenMark(grant.decideBy)}`
  }.`

/** `Credentials were issued, the 2nd time; they end …`. */
export function issuedText(grant: Grant, issuance: Issuance, all: readonly Issuance[]): string {
  const done = all.filter(({ state }) => state === 'done').sort((a, b) => a.startedAt - b.startedAt)
  const place = done.findIndex(({ id }) => id === issuance.id) + 1
  const { accessKeyId = '', expiresAt } = issuance
  const until = expiresAt === undefined ? '' : ` They end ${whenMark(expiresAt)}.`
  return `Credentials no. ${place} were issued to ${said(nameOf(grant.asker.subject))}: ${said(accessKeyId)}.${until}`
}

export function closedText({ state, closedBy, closedReason, decision, closedAt = 0 }: Grant): string {
  const by = closedBy === undefined ? '' : ` by ${said(nameOf(closedBy))}`
  const failed = decision.checks.find(({ ok }) => !ok)?.detail
  const why = closedReason ?? (state === 'denied' ? failed : undefined)
  const words = {
    lapsed: 'Nobody approved it in time',
    ended: closedBy === undefined ? 'The window is over' : 'Ended',
  }
  const head =
    state === 'lapsed' || state === 'ended' ? words[state] : `${state[0]?.toUpperCase()}${state.slice(1)}`
  return `${head}${by}, ${whenMark(closedAt)}.${why === undefined ? '' : ` ${said(why)}`}`
}

/** To each of those who would have had to agree, or must review it. */
export const alarmText = (grant: Grant): string =>
  capped(
    `${said(nameOf(grant.asker.subject))} broke the glass for ${said(placeOf(grant))}${
      grant.endsAt === undefined ? '' : `, until ${whenMark(grant.endsAt)}`
    }. Nobody had to agree. Why: ${said(grant.ask.reason ?? '')} — \`stint revoke ${grant.id}\` stops it; \`stint review ${grant.id}\` signs it off once it is over.`,
  )

/** Every day, until somebody has signed it off. */
export const unreviewedText = (grant: Grant): string =>
  capped(
    `Not reviewed yet: ${said(nameOf(grant.asker.subject))} broke the glass for ${said(placeOf(grant))} at ${whenMark(grant.createdAt)}. ${said(grant.review?.reviewers ?? '', 200)}: \`stint review ${grant.id}\`, or the button under its message.`,
  )

export const reviewedText = (grant: Grant): string => {
  const { by = '', text = '' } = grant.review?.signed ?? {}
  return capped(`${said(nameOf(by))} reviewed your use of ${said(placeOf(grant))}: ${said(text)}`)
}

/** What became of an ask, and the command to go on with. `ref` is the state that it came to then. */
export function outcomeText(grant: Grant, ref: string | undefined): string {
  const where = said(placeOf(grant))
  const { id, state, endsAt, scope } = grant
  if (ref === 'active' && state === 'active') {
    const until = endsAt === undefined ? '' : ` until ${whenMark(endsAt)}`
    return `Your ask for ${where} was approved: ${formatDuration(scope?.window ?? 0)},${until}. Go on with \`stint exec ${grant.ask.role} --grant ${id} -- COMMAND\`, and end it with \`stint end ${id}\`.`
  }
  if (ref === 'active')
    return capped(`Your ask for ${where} was approved. It is over by now. ${closedText(grant)}`)
  const help =
    state === 'revoked' ? `\`stint status ${id}\` says what still lives.` : 'Ask again with `stint ask`.'
  return capped(`Your ask for ${where}: ${closedText(grant)} ${help}`)
}
