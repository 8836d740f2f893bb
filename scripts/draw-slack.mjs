// Draws the message of a grant in each of its states, from the blocks that Stint sends: SVG into a folder.
//
//   npm run build && node scripts/draw-slack.mjs docs/slack
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawGrant } from '../build/src/slack/draw.js'

const [folder = 'docs/slack'] = process.argv.slice(2)
const at = Date.UTC(2026, 10, 24, 9, 30)
const minute = 60_000
const person = (name, groups) => ({
  subject: `corp#${name}@example.com`,
  issuer: 'https://login.example.com',
  kind: 'person',
  groups,
  claims: {},
  address: '203.0.113.7',
})
const line = (usd, driver, action) => ({ usd, driver, actions: [action], regions: ['us-east-1'] })
const grant = {
  id: '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D',
  version: 1,
  state: 'pending',
  asker: person('ana', ['engineers', 'orders']),
  ask: {
    role: 'orders-repair',
    reason: 'Order 42 is stuck in checkout since the deploy; its row needs a new state.',
    ticket: 'OPS-118',
  },
  scope: {
    role: 'orders-repair',
    account: '123456789012',
    accountName: 'prod',
    arn: 'arn:aws:iam::123456789012:role/stint-orders-repair',
    statements: [
      {
        actions: ['dynamodb:PutItem', 'dynamodb:PutResourcePolicy'],
        resources: ['arn:aws:dynamodb:us-east-1:123456789012:table/orders'],
      },
    ],
    regions: ['us-east-1'],
    window: 60 * minute,
    lifetime: 15 * minute,
  },
  decision: {
    outcome: 'approve',
    checks: [],
    requirements: [
      { rule: 'repair in prod', votes: 2, by: 'group leads', within: 30 * minute, distinct: false },
    ],
    cost: {
      concerns: [],
      under: ['a window of 20m'],
      receipt: {
        usd: 1364.8,
        unbounded: [],
        unpriced: [],
        unpricedCount: 0,
        lines: [
          line(1250, 'dynamodb-writes', 'dynamodb:PutItem'),
          line(114.8, 'dynamodb-storage', 'dynamodb:PutItem'),
        ],
      },
    },
    config: '',
    at,
  },
  createdAt: at,
  decideBy: at + 30 * minute,
}
const yes = (name, later) => ({
  grant: grant.id,
  voter: person(name, ['leads']),
  answer: 'yes',
  at: at + later * minute,
})
const no = { ...yes('dan', 6), answer: 'no', reason: 'Not during the sale; tomorrow at 8.' }
const active = { ...grant, state: 'active', activeAt: at + 9 * minute, endsAt: at + 69 * minute }
const closed = (state, later, more = {}) => ({ ...grant, state, closedAt: at + later * minute, ...more })
const dan = { closedBy: 'corp#dan@example.com' }
const ana = { closedBy: 'corp#ana@example.com' }

const states = {
  pending: [grant, []],
  'one-of-two': [grant, [yes('bo', 4)], 1],
  active: [active, [yes('bo', 4), yes('dan', 9)]],
  denied: [closed('denied', 6, { ...dan, closedReason: no.reason }), [no]],
  lapsed: [closed('lapsed', 30), []],
  cancelled: [closed('cancelled', 3, ana), []],
  revoked: [
    closed('revoked', 20, {
      ...active,
      state: 'revoked',
      ...dan,
      closedReason: 'The table is being restored.',
    }),
    [yes('bo', 4), yes('dan', 9)],
  ],
  ended: [closed('ended', 40, { ...active, state: 'ended', ...ana }), [yes('bo', 4), yes('dan', 9)]],
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const width = 760
const marks = { '\u{1f7e1}': '#ecb22e', '\u{1f7e2}': '#2eb67d', '\u{1f534}': '#e01e5a', '\u26ab': '#1d1c1d' }

/** Breaks parts into lines of at most so many characters; a part keeps its style on each. */
function wrap(parts, most) {
  const lines = [[]]
  let used = 0
  for (const { content, style } of parts)
    for (const [n, piece] of content.split('\n').entries()) {
      if (n > 0) (lines.push([]), (used = 0))
      for (const word of piece.split(/(?<= )/)) {
        if (used > 0 && used + word.length > most) (lines.push([]), (used = 0))
        lines.at(-1).push({ content: word, style })
        used += word.length
      }
    }
  return lines
}

const partOf = (part) => {
  if (part.type === 'date') return { content: part.fallback, style: 'date' }
  if (part.type === 'link') return { content: part.text, style: 'link' }
  return { content: part.text, style: part.style?.bold ? 'bold' : part.style?.code ? 'code' : '' }
}

function draw({ blocks }) {
  const out = []
  let y = 34
  const say = (x, line, size = 14) => {
    const spans = line
      .map(({ content, style }) => `<tspan class="${style}">${escape(content)}</tspan>`)
      .join('')
    out.push(`<text x="${x}" y="${y}" font-size="${size}" xml:space="preserve">${spans}</text>`)
    y += size + 6
  }
  const flow = (x, elements) => wrap(elements.map(partOf), 96 - (x - 24) / 8).forEach((line) => say(x, line))
  for (const block of blocks) {
    if (block.type === 'header') {
      // The mark is a coloured disc in Slack's own font, which is not at hand here.
      const [mark, ...rest] = block.text.text
      out.push(`<circle cx="33" cy="${y - 6}" r="8" fill="${marks[mark] ?? '#ddd'}" stroke="#bbb"/>`)
      say(46, [{ content: rest.join(''), style: 'bold' }], 18)
    }
    if (block.type === 'context')
      for (const { text } of block.elements) say(24, [{ content: text, style: '' }], 12)
    if (block.type === 'rich_text')
      for (const part of block.elements) {
        if (part.type === 'rich_text_section') flow(24, part.elements)
        if (part.type === 'rich_text_quote') {
          const from = y - 14
          flow(40, part.elements)
          out.push(`<rect x="26" y="${from}" width="4" height="${y - from - 18}" fill="#ddd"/>`)
        }
        if (part.type === 'rich_text_list')
          for (const item of part.elements) {
            out.push(`<circle cx="34" cy="${y - 5}" r="2.5" fill="#1d1c1d"/>`)
            flow(44, item.elements)
          }
      }
    if (block.type === 'actions') {
      let x = 24
      for (const { text, style } of block.elements) {
        const wide = text.text.length * 8 + 28
        const fill = style === 'primary' ? '#007a5a' : '#fff'
        const ink = style === 'primary' ? '#fff' : style === 'danger' ? '#e01e5a' : '#1d1c1d'
        out.push(
          `<rect x="${x}" y="${y - 8}" width="${wide}" height="30" rx="4" fill="${fill}" stroke="${style === 'danger' ? '#e01e5a' : '#bbb'}"/>`,
        )
        out.push(
          `<text x="${x + wide / 2}" y="${y + 12}" text-anchor="middle" font-size="14" font-weight="bold" fill="${ink}">${escape(text.text)}</text>`,
        )
        x += wide + 10
      }
      y += 36
    }
    y += 6
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" font-family="DejaVu Sans, sans-serif" fill="#1d1c1d"><style>.bold{font-weight:bold}.code{font-family:DejaVu Sans Mono;fill:#c01343}.link{fill:#1264a3}.date{fill:#1d1c1d}</style><rect width="100%" height="100%" fill="#fff"/>${out.join('')}</svg>\n`
}

mkdirSync(folder, { recursive: true })
for (const [name, [one, votes, have = 0]] of Object.entries(states)) {
  const standing = [{ rule: 'repair in prod', have, need: 2 }]
  const drawn = drawGrant({
    snapshot: { grant: one, votes, issuances: [] },
    standing,
    networks: ['office'],
    ticketUrl: 'https://tickets.example.com/browse/{ticket}',
  })
  writeFileSync(join(folder, `${name}.svg`), draw(drawn))
}
