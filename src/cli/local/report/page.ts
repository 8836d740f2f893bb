import type { Review } from '../../../audit/review/review.js'
import { isGranted, sum } from '../../../audit/review/uses.js'
import type { Verification } from '../../../audit/verification.js'
import type { Catalog } from '../../../catalog/catalog.js'
import { version } from '../../../version.js'
import { basisOf, periodText } from './basis.js'
import { catalogueOf } from './catalogue.js'
import { figures } from './figures.js'
import { markup, textOf, trusted, type Markup } from './markup.js'
import { policy, style } from './style.js'
import { table } from './tables.js'
import { unusual } from './unusual.js'
import { uses } from './uses.js'
import { countText, many, namesFor, timeText, usdText } from './words.js'

/** What stands in a report beside what the record says. */
export interface Frame {
  /** Who made it, as they say; undefined where nobody does. */
  readonly by: string | undefined
  readonly verification: Verification | undefined
  /** What could have been asked for, where the configuration is at hand. */
  readonly catalog: Catalog | undefined
}

/** The whole report as one HTML document without a script and without anything from elsewhere. */
export function pageOf(review: Review, frame: Frame): string {
  const subjects = [...review.people, ...review.approvers].map(({ subject }) => subject)
  const { directory, of: nameOf } = namesFor(subjects)
  const title = `Access review, ${periodText(review)}`
  return textOf(markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<title>${title}</title><style>${trusted(style)}</style></head><body><main>
<header><p class="brand">Stint</p><h1>Access review</h1>
<p>${periodText(review)}${made(review, frame)}</p></header>
${basisOf(frame.verification, review)}
${tiles(review)}
${figures(review)}
<h2 id="unusual">What is unusual</h2>
<p>Every rule that was applied, also where it found nothing. <em>Look</em> is for somebody to look at; it is no accusation. <em>Note</em> is told so that it is known.</p>
${unusual(review.findings, nameOf)}
${uses(review, nameOf)}
${frame.catalog ? catalogueOf(frame.catalog, review) : []}
<h2 id="events">The record in this period</h2>
${events(review)}
<footer>Made by stint ${version} from ${many(review.observed.last?.seq ?? 0, 'event')}. All times are UTC; a period has its first moment and not its last.${directory === '' ? '' : ` Subjects without a directory are those of ${directory}.`} The same record, period and options make the same bytes.</footer>
</main></body></html>
`)
}

function made({ asOf, period }: Review, { by }: Frame): Markup {
  const early = asOf < period.to ? markup`; the record ends ${timeText(asOf)}` : []
  return markup`${early}${by === undefined ? [] : markup` · made by ${by}`}`
}

function tiles({ grants, people, approvers, roles, carried, findings }: Review): Markup {
  const granted = grants.filter(isGranted).length
  const unbounded = sum(roles.map((role) => role.unbounded))
  const looks = findings.filter(({ weight, rows }) => weight === 'look' && rows.length > 0).length
  const all: readonly (readonly [number: string, what: string])[] = [
    [
      countText(grants.length),
      `asks${carried > 0 ? `, and ${countText(carried)} from before open still` : ''}`,
    ],
    [countText(granted), 'granted'],
    [countText(sum(roles.map(({ denied }) => denied))), 'refused'],
    [countText(sum(roles.map(({ issued }) => issued))), 'credentials handed out'],
    [countText(people.length), `who asked, for ${many(roles.length, 'role')}`],
    [
      countText(approvers.length),
      `who voted, ${many(sum(approvers.map(({ yes, no }) => yes + no)), 'time')}`,
    ],
    [
      usdText(sum(roles.map(({ usd }) => usd))),
      `could have been spent${unbounded > 0 ? `, and ${many(unbounded, 'grant')} without a bound` : ' at most'}`,
    ],
    [countText(looks), `${looks === 1 ? 'rule' : 'rules'} found what to look at`],
  ]
  return markup`<ul class="tiles">${all.map(([number, what]) => markup`<li><b>${number}</b><span>${what}</span></li>`)}</ul>`
}

function events({ observed }: Review): Markup {
  if (observed.events === 0) return markup`<p>The record has no event of this period.</p>`
  return markup`<p>${many(observed.events, 'event')}, by kind:</p>${table(
    [
      { name: 'kind', of: ([kind]) => markup`<code>${kind}</code>` },
      { name: 'events', of: ([, count]) => countText(count), style: 'n' },
    ],
    [...observed.kinds],
  )}`
}
