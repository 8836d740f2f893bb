import t from 'tap'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { emptyHead, emptyLeaf, leafOf, link, verify } from '../../src/audit/chain.js'
import { eventKinds } from '../../src/audit/event.js'
import type { Entry, Event, Head } from '../../src/audit/event.js'
import { csvLine } from '../../src/audit/format.js'

const event: Event = {
  kind: 'grant.active',
  at: Date.UTC(2026, 10, 22, 10),
  by: 'corp#ada',
  grant: 'g1',
  request: 'r1',
  data: { window: '15m' },
}

const chain = (events: readonly Event[], from: Head = emptyHead): Entry[] => {
  let head = from
  return events.map((one) => (head = link(one, head))) as Entry[]
}

t.test("an entry: its text is exactly this, for ever, and its leaf is RFC 6962's", (t) => {
  const entry = link(event, emptyHead)
  t.equal(emptyLeaf, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  t.equal(
    entry.text,
    `{"v":1,"seq":1,"prev":"${emptyLeaf}","at":"2026-11-22T10:00:00.000Z","kind":"grant.active",` +
      '"by":"corp#ada","grant":"g1","request":"r1","data":{"window":"15m"}}',
  )
  t.equal(entry.leaf, createHash('sha256').update(`\0${entry.text}`).digest('hex'))
  // Known answers: the leaves of 0x00 and of the empty entry in certificate-transparency's own Merkle tests.
  t.equal(leafOf('\0'), '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7')
  t.equal(leafOf(''), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  t.match(entry, { seq: 1, at: event.at, kind: event.kind, by: event.by, grant: 'g1' })

  const { grant: _grant, request: _request, ...bare } = event
  const next = link(bare, entry)
  t.notOk('grant' in next)
  t.match(JSON.parse(next.text), { seq: 2, prev: entry.leaf })
  t.notMatch(next.text, /"grant":|"request":/)
  t.throws(() => link({ ...event, at: Number.NaN }, emptyHead))
  t.throws(() => link({ ...event, data: { big: 1n } }, emptyHead))
  t.end()
})

const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\udc00b', '\0', '\u2028', '__proto__'),
)
const anyEvent: fc.Arbitrary<Event> = fc.record(
  {
    kind: fc.constantFrom(...eventKinds),
    at: fc.integer({ min: 0, max: 4e12 }),
    by: anyString,
    grant: anyString,
    request: anyString,
    data: fc.dictionary(
      anyString,
      fc.jsonValue({ stringUnit: 'binary' }).chain((v) => fc.constantFrom(v, '\ud83d')),
    ),
  },
  { requiredKeys: ['kind', 'at', 'by', 'data'] },
) as fc.Arbitrary<Event>

t.test('whatever happened: it verifies, also after UTF-8 and back, and from any point on', (t) => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), fc.nat(12), (events, cut) => {
      const entries = chain(events)
      const stored = entries.map((entry) => ({
        ...entry,
        text: Buffer.from(entry.text, 'utf8').toString('utf8'),
      }))
      const head = entries.at(-1) ?? emptyHead
      const whole = verify(stored)
      const rest = verify(stored.slice(cut), cut === 0 ? emptyHead : (entries[cut - 1] ?? head))
      return [whole, rest].every((one) => one.ok && one.head.seq === head.seq && one.head.leaf === head.leaf)
    }),
  )
  t.end()
})

t.test('any one change to any one entry is found, at that entry or right after it', (t) => {
  const damage = fc.constantFrom<((entry: Entry) => Entry | undefined)[]>(
    () => undefined,
    (entry) => ({ ...entry, seq: entry.seq + 1 }),
    (entry) => ({ ...entry, text: entry.text.replace('"v":1', '"v":2') }),
    (entry) => ({ ...entry, text: `${entry.text} ` }),
    (entry) => ({ ...entry, leaf: leafOf('another') }),
    (entry) => ({ ...entry, by: `${entry.by}!` }),
    (entry) => ({ ...entry, at: entry.at + 1 }),
    (entry) => ({ ...entry, kind: entry.kind === 'vote.cast' ? 'audit.read' : 'vote.cast' }),
    (entry) => ({ ...entry, grant: `${entry.grant ?? ''}!` }),
  )
  fc.assert(
    fc.property(
      fc.array(anyEvent, { minLength: 2, maxLength: 8 }),
      fc.nat(6),
      damage,
      (events, at, change) => {
        const entries = chain(events)
        const index = at % (entries.length - 1)
        const bad = entries.flatMap((entry, n) => (n === index ? (change(entry) ?? []) : entry))
        const verified = verify(bad)
        return !verified.ok && verified.seq >= index + 1 && verified.seq <= index + 2
      },
    ),
  )
  t.end()
})

t.test('a rewriting that keeps every hash right still does not fit in', (t) => {
  const entries = chain([event, event, event])
  const [first, second, third] = entries as [Entry, Entry, Entry]
  const rehash = (text: string, seq: number) => ({ seq, text, leaf: leafOf(text) })
  const says = (entry: Entry, change: object) =>
    rehash(JSON.stringify({ ...JSON.parse(entry.text), ...change }), entry.seq)
  t.match(verify([first, says(second, { by: 'corp#eve' }), third]), {
    ok: false,
    seq: 3,
    detail: /does not follow/,
  })
  t.match(verify([first, says(second, { seq: 3 })]), { ok: false, seq: 2, detail: /another number/ })
  t.match(verify([first, says(second, { prev: emptyLeaf })]), { ok: false, seq: 2 })
  t.match(verify([first, third]), { ok: false, seq: 3, detail: /Entry 2 is missing/ })
  t.match(verify([first, first]), { ok: false, seq: 1 })
  t.match(verify([second, first]), { ok: false, seq: 2 })
  for (const text of ['', 'null', '[]', '"x"', '1', '{']) {
    t.match(verify([rehash(text, 1)]), { ok: false, seq: 1, detail: /no JSON object/ }, text)
  }
  t.match(verify([second, third], first), { ok: true, head: { seq: 3, leaf: third.leaf } })
  t.match(verify([first], { seq: 0, leaf: leafOf('') }), { ok: false, seq: 1 }, 'another beginning')
  t.same(verify([]), { ok: true, head: emptyHead })
  t.end()
})

/** Reads one line of RFC 4180. */
function parseLine(line: string): string[] {
  const cells = `,${line.slice(0, -2)}`.match(/,(?:"(?:[^"]|"")*"|[^",]*)/gs) ?? []
  return cells.map((cell) => (cell[1] === '"' ? cell.slice(2, -1).replaceAll('""', '"') : cell.slice(1)))
}

t.test('csv: no cell is a formula, every cell comes back', (t) => {
  const risky = fc.string({ unit: fc.constantFrom(...'=-;|\t\n" a') })
  t.equal(csvLine(['a', 1, -2.5, true, undefined, '']), '"a",1,-2.5,true,,""\r\n')
  t.equal(csvLine(['say "hi"', 'a,b', 'c\nd']), '"say ""hi""","a,b","c\nd"\r\n')
  for (const start of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
    const [cell = ''] = parseLine(csvLine([`${start}cmd|' /C calc'!A0`]))
    t.equal(cell, `'${start}cmd|' /C calc'!A0`, JSON.stringify(start))
  }
  t.equal(csvLine(['=1+1', 'x;y']), `"'=1+1","x;y"\r\n`)
  t.equal(csvLine(['a;=1+1', 'b| "=1']), `"a;'=1+1","b| ""'=1"\r\n`, 'not behind a guessed separator either')
  fc.assert(
    fc.property(fc.array(fc.oneof(anyString, risky), { minLength: 1, maxLength: 6 }), (cells) => {
      const back = parseLine(csvLine(cells))
      return (
        back.length === cells.length &&
        back.every((cell, n) => cell.replaceAll("'", '') === cells[n]?.replaceAll("'", '')) &&
        // Wherever else it is split, too.
        back.flatMap((cell) => cell.split(/[;|\t\r\n]/)).every((piece) => !/^["\s]*[=+\-@]/.test(piece))
      )
    }),
  )
  t.end()
})
