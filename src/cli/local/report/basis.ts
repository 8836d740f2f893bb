import type { Review } from '../../../audit/review/review.js'
import type { Verification } from '../../../audit/verification.js'
import { markup, type Markup } from './markup.js'
import { countText, many, timeText } from './words.js'

/** What was verified of the record, and how many checkpoints of those were kept elsewhere; nothing without a key. */
export interface Basis {
  readonly verification: Verification | undefined
  readonly kept: number
}

/** Says what a report rests on: what was proved, and what was not. */
export function basisOf({ verification, kept }: Basis, { observed }: Review): Markup {
  const newest = verification?.newest
  if (!verification || !newest)
    return markup`<div class="basis not"><p><strong>Nothing was proved.</strong> No public key was given (<code>--key</code>), so no checkpoint was checked: this report is as true as whoever handed over the record.</p></div>`
  const { head, checkpoints } = verification
  const after = Math.max(0, (observed.last?.seq ?? 0) - newest.size)
  return markup`<div class="basis">
<p><strong>The record holds.</strong> It was read from event 1 to event ${countText(head.seq)}, and rests on this checkpoint, which ${newest.origin} signed:</p>
<pre>${newest.origin}
${String(newest.size)}
${newest.root.toString('base64')}</pre>
<p>Proved:</p><ul>
<li>none of the first ${many(newest.size, 'event')} is missing, changed, added or in another place: the RFC 6962 root over them is the signed one;</li>
<li>${coveredText(after)}</li>
<li>${keptText(checkpoints, kept)}</li></ul>
<p>Not proved: that everything that happened was recorded (compare with CloudTrail), and that what people said, such as reasons and tickets, is true.</p></div>`
}

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
