import type { Standing } from '../approval/standing.js'
import type { Grant, GrantState, Snapshot } from '../grant/grant.js'
import { asked, nameOf } from './draw-ask.js'
import { bold, plain, text, when, whenMark, type Block, type Part } from './rich.js'
import { escape } from './say.js'

/** A grant and what is known beside it, as of the moment of drawing. */
export interface Picture {
  /** In its state as of now. */
  readonly snapshot: Snapshot
  /** How the votes stand under the rules of now; only of a pending one. */
  readonly standing: Standing['each']
  /** The named networks that the asker's address is in. */
  readonly networks: readonly string[]
  /** `https://tickets.example.com/{ticket}`. */
  readonly ticketUrl?: string
}

/** A message: blocks, and the text that stands for them in notifications. */
export interface Drawn {
  readonly text: string
  readonly blocks: readonly Block[]
}

const looks: Readonly<Record<GrantState, readonly [mark: string, words: string]>> = {
  pending: ['\u{1f7e1}', 'waits for approval'],
  active: ['\u{1f7e2}', 'is active'],
  denied: ['\u{1f534}', 'was denied'],
  lapsed: ['\u26aa', 'was not approved in time'],
  cancelled: ['\u26aa', 'was cancelled'],
  revoked: ['\u{1f534}', 'was revoked'],
  ended: ['\u26ab', 'has ended'],
}

export const placeOf = ({ ask, scope }: Grant): string =>
  plain(scope ? `${ask.role} in ${scope.accountName}` : ask.role, 120)

/** The message of a grant, all of it made from what is stored: the one drawing there is, in every state. */
export function drawGrant(picture: Picture): Drawn {
  const { grant } = picture.snapshot
  const [mark, words] = looks[grant.state]
  const head = `${grant.review ? 'BREAK-GLASS: ' : ''}${placeOf(grant)} ${words}`
  const until = untilOf(grant)
  return {
    text: `${mark} ${escape(`${nameOf(grant.asker.subject)}: ${head}`)}${until ? `, ${until[0]} ${whenMark(until[1])}` : ''}`,
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: plain(`${mark} ${head}`, 150), emoji: false },
      },
      ...(grant.review ? [aloud(grant)] : []),
      ...asked(picture),
      progress(picture),
      ...buttons(grant),
    ],
  }
}

/** Whoever is in the channel hears of it at once, while there is still something to be stopped. */
const aloud = ({ state, asker }: Grant): Block => ({
  type: 'rich_text',
  elements: [
    {
      type: 'rich_text_section',
      elements: [
        ...(state === 'active' ? [{ type: 'broadcast', range: 'channel' } as const, text(' ')] : []),
        bold(`${nameOf(asker.subject)} broke the glass: nobody had to agree.`),
      ],
    },
  ],
})

/** Whose votes were passed over, and what came of the review. */
function reviewed({ review, decision: { passedOver = [] } }: Grant): readonly (readonly Part[])[] {
  if (!review) return []
  const { reviewers, signed } = review
  return [
    ...passedOver.map(({ rule, votes, by }) => [
      text(`Passed over: ${votes} by ${plain(by, 200)} (rule “${plain(rule, 64)}”)`),
    ]),
    signed
      ? [bold(`Reviewed by ${nameOf(signed.by)} `), when(signed.at), text(`: ${plain(signed.text, 300)}`)]
      : [bold(`To be reviewed by ${plain(reviewers, 200)}, once it is over.`)],
  ]
}

function untilOf({ state, decideBy, endsAt }: Grant): readonly [string, number] | undefined {
  if (state === 'pending' && decideBy !== undefined) return ['to be decided by', decideBy]
  if (state === 'active' && endsAt !== undefined) return ['until', endsAt]
  return undefined
}

/** What it waits for, who decided and when, and how it went on: one line each. */
function progress({ snapshot: { grant, votes }, standing }: Picture): Block {
  const pending = grant.state === 'pending'
  const needs = grant.decision.requirements.map(({ rule, votes: need, by, slack }): readonly Part[] => {
    const have = standing.find((one) => one.rule === rule)?.have ?? 0
    const count = pending ? `${have} of ${need}` : String(need)
    const token = slack === false && pending ? '; not from Slack' : ''
    return [text(`${count} by ${plain(by, 200)} (rule “${plain(rule, 64)}”${token})`)]
  })
  const cast = votes.map(({ voter, answer, at, reason }): readonly Part[] => [
    bold(`${answer === 'yes' ? '✓' : '✗'} ${nameOf(voter.subject)} `),
    when(at),
    ...(reason === undefined ? [] : [text(`: ${plain(reason, 300)}`)]),
  ])
  const until = untilOf(grant)
  const lines = [
    ...(needs.length === 0 && grant.activeAt !== undefined && !grant.review
      ? [[text('Allowed at once; nobody needed to agree.')]]
      : []),
    ...(needs.length > 0 ? [[bold(pending ? 'Needs  ' : 'Needed  ')], ...needs] : []),
    ...cast,
    ...(until ? [[text(`${until[0][0]?.toUpperCase()}${until[0].slice(1)} `), when(until[1])]] : []),
    ...closing(grant),
    ...reviewed(grant),
  ]
  return {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: lines.flatMap((parts, n) => [...(n > 0 ? [text('\n')] : []), ...parts]),
      },
    ],
  }
}

function closing({ state, closedAt, closedBy, closedReason, decision }: Grant): readonly (readonly Part[])[] {
  if (closedAt === undefined) return []
  const by = closedBy === undefined ? '' : ` by ${nameOf(closedBy)}`
  const why = closedReason ?? (state === 'denied' ? decision.checks.find(({ ok }) => !ok)?.detail : undefined)
  return [
    [
      text(`${state[0]?.toUpperCase()}${state.slice(1)}${by} `),
      when(closedAt),
      ...(why === undefined ? [] : [text(`: ${plain(why, 300)}`)]),
    ],
  ]
}

type Button = Extract<Block, { type: 'actions' }>['elements'][number]

/** Each carries the grant's id and nothing else. Where no vote is taken from Slack there are none for voting. */
function buttons({ id, state, review, decision: { requirements } }: Grant): readonly Block[] {
  const button = (action: string, label: string, style?: 'primary' | 'danger'): Button => ({
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text: label, emoji: false },
    value: id,
    ...(style && { style }),
  })
  const byToken = requirements.length > 0 && requirements.every(({ slack }) => slack === false)
  const row = (...elements: Button[]): Block => ({ type: 'actions', elements })
  const details = button('details', 'Details')
  if (state === 'pending' && byToken)
    return [
      {
        type: 'context',
        elements: [
          {
            type: 'mrkdwn',
            text: `Votes on this come with a fresh sign-in: \`stint approve ${id}\` or \`stint deny ${id}\``,
          },
        ],
      },
      row(details),
    ]
  if (state === 'pending')
    return [row(button('approve', 'Approve', 'primary'), button('deny', 'Deny', 'danger'), details)]
  if (state === 'active')
    return [row(button('end', "I'm done"), button('revoke', 'Revoke', 'danger'), details)]
  if (review && !review.signed) return [row(button('review', 'Sign off', 'primary'), details)]
  return [row(details)]
}
