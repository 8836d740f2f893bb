import type { Review } from '../../../audit/review/review.js'
import type { Verification } from '../../../audit/verification.js'
import { markup, type Markup } from './markup.js'
import { countText, many, timeText } from './words.js'

/** Says what a report rests on: what was proved, and what was not; nothing without a key. */
export function basisOf(verification: Verification | undefined, { observed }: Review): Markup {
  const newest = verification?.newest
  if (!verification || !newest)
    return markup`<div class="basis not"><p><strong>Nothing was proved.</strong> No public key was given (<code>--key</code>), so no checkpoint was checked: this report is as true as whoever handed over the record.</p></div>`
  const { head, before, checkpoints, compared } = verification
  const after = Math.max(0, (observed.last?.seq ?? 0) - newest.size)
  return markup`<div class="basis">
<p><strong>The record holds.</strong> It was read from event ${countText(before + 1)} to event ${countText(head.seq)}, and rests on this checkpoint, which ${newest.origin} signed:</p>
<pre>${newest.origin}
${String(newest.size)}
${newest.root.toString('base64')}</pre>
<p>Proved:</p><ul>
<li>none of the first ${many(newest.size, 'event')}${fromText(before)} is missing, changed, added or in another place: the RFC 6962 root over them is the signed one;</li>
<li>${coveredText(after)}</li>
<li>${keptText(checkpoints, compared)}</li></ul>
<p>Not proved: ${beforeText(before)}that everything that happened was recorded (compare with CloudTrail), and that what people said, such as reasons and tickets, is true.</p></div>`
}

const fromText = (before: number): string => (before === 0 ? '' : ` from event ${countText(before + 1)} on`)

const beforeText = (before: number): string =>
  before === 0
    ? ''
    : `what the ${many(before, 'event')} before these were, which are in an archive (grants that were asked for in them are not in this report); `

const coveredText = (after: number): string =>
  after === 0
    ? 'every event of the period is among them;'
    : `all events of the period are among them but the last ${countText(after)}, which nobody has signed yet;`

const keptText = (checkpoints: number, kept: number): string =>
  `${many(checkpoints, 'checkpoint')} in all ${checkpoints === 1 ? 'holds' : 'hold'}. ` +
  (kept > 0
    ? `${countText(kept)} of them ${kept === 1 ? 'was' : 'were'} kept elsewhere: not even whoever has the key can have rewritten what came before.`
    : 'None of them was kept elsewhere: whoever has the key could have rewritten all of it.')

export const periodText = ({ period }: Review): string => `${timeText(period.from)} to ${timeText(period.to)}`
