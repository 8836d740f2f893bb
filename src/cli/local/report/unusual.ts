import type { Finding, Row } from '../../../audit/review/finding.js'
import { markup, type Markup } from './markup.js'
import { table, type Column } from './tables.js'
import { countText, timeText } from './words.js'

type NameOf = (subject: string) => string

/** Every rule with how much it found, and below what it found. */
export function unusual(findings: readonly Finding[], nameOf: NameOf): Markup {
  const found = findings.filter(({ rows }) => rows.length > 0)
  return markup`${summary(findings)}${found.map((finding) => details(finding, nameOf))}`
}

const markOf = ({ weight, rows }: Finding): Markup =>
  rows.length === 0
    ? markup`<span class="mark none">none</span>`
    : weight === 'look'
      ? markup`<span class="mark look">look</span>`
      : markup`<span class="mark">note</span>`

const summary = (findings: readonly Finding[]): Markup =>
  table<Finding>(
    [
      { name: 'what', of: titleOf },
      { name: 'found', of: ({ rows }) => countText(rows.length), style: 'n' },
      { name: '', of: markOf },
      { name: 'what was looked for', of: ({ rule }) => markup`<span class="rule">${rule}</span>` },
    ],
    findings,
  )

const titleOf = ({ id, title, rows }: Finding): Markup | string =>
  rows.length > 0 ? markup`<a href="#${id}">${title}</a>` : title

const mostRows = 25

function details({ id, title, rule, rows }: Finding, nameOf: NameOf): Markup {
  const all: readonly (Column<Row> & { readonly there: (row: Row) => boolean })[] = [
    {
      name: 'when',
      style: 'when',
      of: ({ at }) => (at === undefined ? '' : timeText(at)),
      there: ({ at }) => at !== undefined,
    },
    { name: 'who', style: 'who', of: ({ who = '' }) => nameOf(who), there: ({ who }) => who !== undefined },
    { name: 'role', style: 'role', of: ({ role = '' }) => role, there: ({ role }) => role !== undefined },
    { name: 'what', of: ({ text }) => text, there: () => true },
    {
      name: 'by',
      style: 'who',
      of: ({ by = [] }) => by.map(nameOf).join(', '),
      there: ({ by }) => by !== undefined,
    },
    {
      name: 'grant',
      style: 'id',
      of: ({ grants = [] }) => markup`<code>${grants[0]}</code>${moreOf(grants)}`,
      there: ({ grants = [] }) => grants.length > 0,
    },
  ]
  const columns = all.filter(({ there }) => rows.some(there))
  return markup`<section id="${id}"><h3>${title}</h3><p class="rule">${rule}</p>${table(columns, rows, { most: mostRows })}</section>`
}

const moreOf = ({ length }: readonly string[]): string =>
  length > 1 ? ` and ${countText(length - 1)} more` : ''
