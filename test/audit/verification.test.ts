import t from 'tap'
import { emptyHead, link } from '../../src/audit/chain.js'
import { openCheckpoint, signCheckpoint, type Checkpoint } from '../../src/audit/checkpoint.js'
import { checkEvidence, parseEvidence, prove, type Evidence } from '../../src/audit/evidence.js'
import type { Entry, Event } from '../../src/audit/event.js'
import { makeSigner, parseSigner, parseVerifier } from '../../src/audit/note.js'
import { beginningAfter, beginningLine, type Beginning } from '../../src/audit/beginning.js'
import { inclusionProof, type RootAt } from '../../src/audit/proof.js'
import { frontierAfter, rootOf } from '../../src/audit/tree.js'
import { checkpointLine, verifying } from '../../src/audit/verification.js'

const start = Date.UTC(2026, 10, 24)
const eventAt = (n: number, more: Partial<Event> = {}): Event => ({
  kind: 'grant.active',
  at: start + n * 1_000,
  by: 'corp#ana',
  grant: `g${n % 3}`,
  data: { n },
  ...more,
})

function logOf(events: readonly Event[]): readonly Entry[] {
  const entries: Entry[] = []
  for (const event of events) entries.push(link(event, entries.at(-1) ?? emptyHead))
  return entries
}

const origin = 'stint.example.com/record'
const made = makeSigner(origin, Buffer.alloc(32, 1))
const signer = parseSigner(made?.secret ?? '')
const key = parseVerifier(made?.verifier ?? '')
if (!signer || !key) throw new Error('no key')
const keys = [key]

const rootsOf = (entries: readonly Entry[]) => (size: number) =>
  rootOf(entries.slice(0, size).map(({ leaf }) => Buffer.from(leaf, 'hex')))
const noteOf = (entries: readonly Entry[], size: number) =>
  signCheckpoint({ origin, size, root: rootsOf(entries)(size) }, [signer])
const keptOf = (entries: readonly Entry[], size: number): Checkpoint => {
  const checkpoint = openCheckpoint(noteOf(entries, size), keys)
  if (!checkpoint) throw new Error('no checkpoint')
  return checkpoint
}

/** What is said of these lines. */
function said(lines: readonly string[], kept: readonly Checkpoint[] = []) {
  const log = verifying(keys, kept)
  for (const line of lines) {
    const found = log.line(line)
    if (found) return found
  }
  return log.end()
}

const length = 20
const entries = logOf(Array.from({ length }, (_, n) => eventAt(n)))
/** An export with checkpoints of 8 and 16 events where they were made. */
const exported = (of: readonly Entry[]) =>
  of.flatMap(({ seq, text }) => [text, ...(seq % 8 === 0 ? [checkpointLine(noteOf(of, seq))] : [])])

t.test('a log that nobody touched verifies, and says what of it was signed', (t) => {
  t.match(said(exported(entries), [keptOf(entries, 0), keptOf(entries, 20), keptOf(entries, 1)]), {
    head: { seq: 20, leaf: entries.at(-1)?.leaf },
    checkpoints: 5,
    newest: { size: 20, origin },
    backwards: { count: 0 },
  })
  t.match(said(exported(entries)), { checkpoints: 2, newest: { size: 16 } })
  t.match(said([], [keptOf(entries, 0)]), { head: { seq: 0 }, checkpoints: 1 })
  const bare = entries.map(({ text }) => text)
  t.match(said(bare), { checkpoints: 0 })
  t.notOk('newest' in said(bare), 'nothing signed, nothing said to be')
  t.match(said([checkpointLine(noteOf(entries, 16)), ...bare]), { checkpoints: 1 }, 'also before its events')
  t.end()
})

t.test('the tampering table: each is found, with the first event that does not hold', (t) => {
  const change = (n: number, by: string) =>
    entries.map(({ text }, at) => (at === n ? text.replace('corp#ana', by) : text))
  const bare = entries.map(({ text }) => text)
  const kept = [keptOf(entries, 8), keptOf(entries, 16)]
  /** All hashes right, so that only a checkpoint can tell. */
  const rewritten = logOf(Array.from({ length }, (_, n) => eventAt(n, n === 11 ? { by: 'corp#eve' } : {})))
  const wholly = logOf(Array.from({ length }, (_, n) => eventAt(n, { by: 'corp#eve' })))
  const eleven = link(eventAt(99), entries[9] ?? emptyHead)
  const table: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['changed', change(10, 'corp#eve'), 12, /does not follow/],
    ['changed, the last', change(19, 'corp#eve'), 0, /./],
    ['dropped', bare.toSpliced(10, 1), 11, /Entry 11 is missing: entry 12/],
    ['inserted', bare.toSpliced(10, 0, eleven.text), 12, /Entry 12 is missing: entry 11/],
    ['reordered', bare.toSpliced(10, 2, bare[11] ?? '', bare[10] ?? ''), 11, /Entry 11 is missing/],
    ['replayed, one event', bare.toSpliced(11, 0, bare[10] ?? ''), 12, /entry 11 stands in its place/],
    ['replayed, the whole log', [...bare, ...bare], 21, /entry 1 stands/],
    ['truncated', bare.slice(0, 12), 13, /Entries 13 to 16 are missing: they were signed/],
    ['beheaded', bare.slice(1), 1, /Entry 1 is missing/],
    ['empty', [], 1, /Entries 1 to 8 are missing/],
    [
      'rewritten from one event on',
      rewritten.map(({ text }) => text),
      9,
      /16 events are not those.*up to event 8/,
    ],
    ['rewritten wholly', wholly.map(({ text }) => text), 1, /first 8 events are not those that were signed/],
    ['no event at all', bare.toSpliced(4, 1, '{"v":1}'), 5, /No event stands/],
    ['no JSON', bare.toSpliced(4, 1, 'x'), 5, /No event stands/],
    ['no time', bare.toSpliced(4, 1, '{"seq":5}'), 5, /No event stands/],
    ['blanks added', bare.toSpliced(4, 1, `${bare[4]} `), 6, /does not follow/],
  ]
  for (const [name, lines, seq, detail] of table) {
    const found = said(lines, name === 'changed, the last' ? [keptOf(entries, 20)] : kept)
    if (name === 'changed, the last') t.match(found, { seq: 1, detail: /not those that were signed/ }, name)
    else t.match(found, { seq, detail }, name)
  }
  t.match(
    said(
      wholly.map(({ text }) => text),
      [keptOf(entries, 20)],
    ),
    { seq: 1 },
    'against one kept checkpoint',
  )
  t.match(
    said(wholly.map(({ text }) => text)),
    { checkpoints: 0 },
    'and without any, nothing is said to be signed',
  )
  t.match(
    said(exported(wholly)),
    { checkpoints: 2 },
    'whoever has the key can sign anew: only a kept one tells',
  )
  t.match(said(exported(wholly), [keptOf(entries, 3)]), { seq: 1, detail: /first 3/ })
  t.end()
})

t.test(
  'a log in parts: each says what was signed of the events before it, and all of them are one',
  async (t) => {
    const leaves = entries.map(({ leaf }) => Buffer.from(leaf, 'hex'))
    const rootAt: RootAt = async (from, to) => rootOf(leaves.slice(from, to))
    for (let size = 1; size <= length; size++) {
      const path = await inclusionProof(size - 1, size, rootAt)
      const tree = frontierAfter(leaves[size - 1] ?? Buffer.of(), size, path)
      t.ok(tree?.root().equals(await rootAt(0, size)), `of ${size}`)
      for (const leaf of leaves.slice(size)) tree?.add(leaf)
      t.ok(tree?.root().equals(rootOf(leaves)), `and grown on from ${size}`)
      for (const bent of [path.slice(1), [...path, Buffer.alloc(32)]])
        if (bent.length !== path.length)
          t.notOk(frontierAfter(leaves[size - 1] ?? Buffer.of(), size, bent), 'of another length')
    }
    t.notOk(frontierAfter(Buffer.alloc(32), 0, []))

    const beginning = async (size: number, of = entries) => {
      const hashes = of.map(({ leaf }) => Buffer.from(leaf, 'hex'))
      const { seq, leaf } = of[size - 1] ?? emptyHead
      return beginningAfter({ seq, leaf }, noteOf(of, size), async (from, to) =>
        rootOf(hashes.slice(from, to)),
      )
    }
    const [at8, at16] = [await beginning(8), await beginning(16)]
    const part = (from: number, to: number) => exported(entries).slice(...[from, to])
    const parts = [part(0, 9), [beginningLine(at8), ...part(9, 18)], [beginningLine(at16), ...part(18, 22)]]
    const [, second = [], third = []] = parts
    t.match(said(parts.flat(), [keptOf(entries, 3), keptOf(entries, 20)]), {
      head: { seq: 20 },
      before: 0,
      compared: 2,
      earlier: 0,
    })
    t.match(
      said(
        [...second, ...third],
        [3, 8, 12, 20].map((size) => keptOf(entries, size)),
      ),
      {
        head: { seq: 20 },
        before: 8,
        compared: 3,
        earlier: 1,
        newest: { size: 20 },
      },
    )
    t.match(said(third), { before: 16, compared: 0, newest: { size: 16 } })
    t.match(said([beginningLine(at16)], [keptOf(entries, 20)]), { seq: 17, detail: /17 to 20 are missing/ })

    const others = logOf(Array.from({ length }, (_, n) => eventAt(n, { by: 'corp#eve' })))
    const rewritten = exported(others).slice(18)
    const line = (bent: Partial<Beginning>) => beginningLine({ ...at16, ...bent })
    const unsigned = noteOf(entries, 16).replace(/\n— [^]*$/, `\n— ${origin} AAAAAAAAAAAA\n`)
    for (const [name, lines, kept, seq] of [
      ['a part is missing', [...part(0, 9), ...third], [], 9],
      ['a part comes twice', [...part(0, 9), ...second, ...second], [], 9],
      ['parts in another order', [...third, ...second], [], 9],
      [
        'another log goes on',
        [...part(0, 18), beginningLine(await beginning(16, others)), ...rewritten],
        [],
        17,
      ],
      [
        'rewritten, and signed anew',
        [beginningLine(await beginning(16, others)), ...rewritten],
        [keptOf(entries, 20)],
        17,
      ],
      ['another last event', [line({ after: { seq: 16, leaf: others[15]?.leaf ?? '' } })], [], 16],
      ['another number', [line({ after: { seq: 17, leaf: at16.after.leaf } })], [], 17],
      ['another path', [line({ path: at8.path })], [], 16],
      ['a path of odd hashes', [line({ path: at16.path.map(() => 'AAAA') })], [], 16],
      ['not signed', [line({ checkpoint: unsigned })], [], 16],
      ['signed of other events', [line({ checkpoint: at8.checkpoint })], [], 16],
      ['no beginning at all', ['{"after":{}}'], [], 1],
      ['nor this', ['{"after":'], [], 1],
    ] as const)
      t.match(said(lines, kept), { seq }, name)
  },
)

t.test('a checkpoint in the file counts only where it is signed, and where it belongs', (t) => {
  const bare = entries.map(({ text }) => text)
  const other = makeSigner(origin, Buffer.alloc(32, 9))
  const foreign = parseSigner(other?.secret ?? '')
  if (!foreign) throw new Error('no key')
  const unsigned = signCheckpoint({ origin, size: 8, root: rootsOf(entries)(8) }, [foreign])
  t.match(said([...bare.slice(0, 8), checkpointLine(unsigned)]), { seq: 8, detail: /not signed/ })
  t.match(said([...bare.slice(0, 9), checkpointLine(noteOf(entries, 8))]), {
    seq: 9,
    detail: /another place/,
  })
  t.match(said([...bare.slice(0, 8), checkpointLine(noteOf(entries, 12))]), { seq: 9, detail: /9 to 12/ })
  t.match(said([...bare, '{"checkpoint":1}']), { seq: 21 })
  t.match(said([...bare, '{"checkpoint":']), { seq: 21 })
  t.end()
})

t.test('a clock that went back is said, with the first event; a moment is not', (t) => {
  const back = (by: number) =>
    logOf([eventAt(0), eventAt(1), { ...eventAt(2), at: start + 1_000 - by }, eventAt(3)]).map(
      ({ text }) => text,
    )
  t.match(said(back(60_000)), { backwards: { count: 0 } })
  t.match(said(back(3_600_000)), { backwards: { count: 1, first: { seq: 3, detail: 'by 1h' } } })
  t.end()
})

t.test('evidence: a third party checks events of one grant with a public key, and no others', async (t) => {
  const own = entries.filter(({ grant }) => grant === 'g1')
  const rootAt = async (from: number, to: number) =>
    rootOf(entries.slice(from, to).map(({ leaf }) => Buffer.from(leaf, 'hex')))
  const evidence: Evidence = {
    stint: 'evidence',
    grant: 'g1',
    checkpoint: noteOf(entries, 20),
    events: await Promise.all(own.map((entry) => prove(entry, 20, rootAt))),
  }
  const read = parseEvidence(JSON.stringify(evidence, undefined, 2))
  t.strictSame(read, evidence)
  t.match(checkEvidence(evidence, keys), { ok: true, checkpoint: { size: 20 } })
  const bent = (change: (evidence: Evidence) => Evidence) =>
    checkEvidence(change(structuredClone(evidence)), keys)
  const first = (more: object) => (of: Evidence) => ({
    ...of,
    events: of.events.map((event, n) => (n === 0 ? { ...event, ...more } : event)),
  })
  const [own0] = own
  t.match(checkEvidence(evidence, []), { ok: false, detail: /not signed/ })
  t.match(bent(first({ text: own0?.text.replace('ana', 'eve') })), {
    ok: false,
    seq: 2,
    detail: /not in the log/,
  })
  t.match(bent(first({ seq: 3 })), { ok: false, seq: 3 })
  t.match(bent(first({ path: [] })), { ok: false, seq: 2 })
  t.match(
    bent((of) => ({ ...of, grant: 'g2' })),
    { ok: false, detail: /of another grant/ },
  )
  t.match(
    bent((of) => ({ ...of, checkpoint: of.checkpoint.replace('\n20\n', '\n21\n') })),
    { ok: false, seq: 0 },
  )
  for (const bad of [
    '',
    '{}',
    '{"stint":"evidence"',
    '{"stint":"evidence"}',
    '{"stint":"evidence","grant":"a","checkpoint":"","events":[{}]}',
  ])
    t.equal(parseEvidence(bad), undefined, bad)
})
