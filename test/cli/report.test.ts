import '../support/loopback-only.js'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { beginningAfter, beginningLine } from '../../src/audit/beginning.js'
import { leafOf } from '../../src/audit/chain.js'
import { signCheckpoint } from '../../src/audit/checkpoint.js'
import { makeSigner, parseSigner } from '../../src/audit/note.js'
import { rootOf } from '../../src/audit/tree.js'
import { checkpointLine } from '../../src/audit/verification.js'
import { binsOf } from '../../src/cli/local/report/bins.js'
import { axisOf } from '../../src/cli/local/report/charts.js'
import { markup, textOf } from '../../src/cli/local/report/markup.js'
import { usualRules, startStint } from '../support/stint.js'
import { typed } from '../support/in-process.js'
import { madeRecord } from '../support/made-record.js'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const monday = Date.UTC(2026, 8, 7)
const origin = 'stint.example.com/record'
const key = makeSigner(origin, Buffer.alloc(32, 7))
const signer = parseSigner(key?.secret ?? '')
if (!key || !signer) throw new Error('no key')

/** Texts as an export has them, those after the first so many, signed at their end. */
const signed = (texts: readonly string[], after = 0): string => {
  const root = rootOf(texts.map((text) => Buffer.from(leafOf(text), 'hex')))
  const note = signCheckpoint({ origin, size: texts.length, root }, [signer])
  return [...texts.slice(after), checkpointLine(note)].map((line) => `${line}\n`).join('')
}

const folderOf = (t: Test) => {
  const folder = mkdtempSync(join(tmpdir(), 'stint-report-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return (name: string, text?: string) => {
    if (text !== undefined) writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
}

const report = (...args: readonly string[]) => typed(['audit', 'report', ...args], {})
const period = ['--from', '2026-09-07', '--to', '2026-10-01']

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'onmouseover='alert(1)",
  '</style></svg></title>&lt;',
  '\u202egnp.exe\u0000\u001b[31m',
  '=HYPERLINK("http://evil.example","x")',
  'a\nb',
]

function busy() {
  const record = madeRecord()
  hostile.forEach((text, n) => {
    const more = { at: monday + n * day, who: text, role: text, reason: text, ticket: text }
    record.grant({ ...more, usd: 10 ** n, issued: [{ state: 'unknown' }] })
    record.grant({ ...more, votes: [{ by: text, after: 5_000 }], unbounded: true, revokedBy: text })
    record.put('request.refused', monday + n, `corp#${text}`, { operation: text, why: 'own_ask' }, text)
    record.put('revocation.placed', monday + n, text, { of: 'subject', name: text, reason: text })
    record.put('config.loaded', monday + n, text, { config: text })
  })
  return record
}

/** The elements and attributes that a report is made of, and every value that could lead somewhere. */
function partsOf(html: string) {
  const open: string[] = []
  const [names, attributes, links, ids] = [new Set<string>(), new Set<string>(), [''], ['']]
  const empty = new Set(['meta', 'br', 'line', 'rect'])
  for (const [whole, end, name = '', rest = ''] of html.matchAll(
    /<(\/?)([a-z0-9]+|!doctype)((?:\s[^<>]*)?)>/g,
  )) {
    if (name === '!doctype') continue
    if (end === '/') {
      if (open.pop() !== name) throw new Error(`${whole} closes nothing`)
      continue
    }
    names.add(name)
    if (!empty.has(name)) open.push(name)
    for (const [, attribute = '', value = ''] of rest.matchAll(/ ([a-zA-Z:-]+)(?:="([^"]*)")?/g)) {
      attributes.add(attribute)
      if (/^(href|src|style|xlink:href|action|data)$/.test(attribute)) links.push(value)
      if (attribute === 'id') ids.push(value)
    }
  }
  return { open, names, attributes, links: links.slice(1), ids: ids.slice(1) }
}

t.test('a page: one file that asks for nothing and runs nothing, whatever people wrote', async (t) => {
  const file = folderOf(t)
  const record = file('record.ndjson', signed(busy().texts()))
  const pub = file('checkpoint.pub', `${key.verifier}\n`)
  const kept = file(
    'kept',
    (JSON.parse(readFileSync(record, 'utf8').trimEnd().split('\n').at(-1) ?? '') as { checkpoint: string })
      .checkpoint,
  )
  const line = [...period, '--record', record, '--key', pub, '--checkpoint', kept, '--by', '<b>Cy']
  const [first, second] = [file('a.html'), file('b.html')]
  const made = await report(...line, '--out', first)
  t.match(made, { code: 0, out: '', err: /^14 asks\. To look at: Tried to approve their own ask: 7\./ })
  t.equal(statSync(first).mode & 0o777, 0o600, 'it is about people')
  await report(...line, '--out', second)
  const html = readFileSync(first, 'utf8')
  t.ok(html === readFileSync(second, 'utf8'), 'the same record, the same bytes')
  t.ok((await report(...line)).out === html, 'and to stdout')

  const { open, names, attributes, links, ids } = partsOf(html)
  t.same(open, [], 'every element is closed')
  t.same(
    [...names].sort().join(' '),
    'a b body br code desc div em figcaption figure footer h1 h2 h3 head header html li line main meta p pre rect section span strong style svg table tbody td text th thead title tr ul',
  )
  t.same(
    [...attributes].filter((name) => /^on|^src$|^style$/.test(name)),
    [],
  )
  t.ok(links.length > 0 && links.every((link) => /^#[a-z-]+$/.test(link)), 'links lead to what is in it')
  t.ok(
    links.every((link) => ids.includes(link.slice(1))),
    'and it is there',
  )
  t.equal(new Set(ids).size, ids.length)
  for (const [, labels = ''] of html.matchAll(/aria-labelledby="([^"]+)"/g))
    t.ok(
      labels.split(' ').every((id) => ids.includes(id)),
      labels,
    )
  t.equal([...html.matchAll(/<svg [^>]*role="img"/g)].length, 4)
  t.equal(
    [...html.matchAll(/<svg [^>]*role="img"[^>]*><title [^>]*>[^<]+<\/title><desc [^>]*>[^<]+<\/desc>/g)]
      .length,
    4,
  )
  const style = /<style>([^]*?)<\/style>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  t.match(html, `default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;`)
  t.match(style, /@media print/)
  t.match(style, /prefers-color-scheme:dark/)
  t.notMatch(style, /url\(|@import/)
  t.notMatch(html, /[\u202e\u0000\u001b]/, 'what a reader would not see is written out')
  t.match(html, '&lt;script&gt;alert(1)&lt;/script&gt;')
  t.match(html, '\\u202egnp.exe')
  t.match(html, 'made by &lt;b&gt;Cy')

  t.match(html, /The record holds\./)
  t.match(html, /every event of the period is among them/)
  t.match(html, `${origin}\n`)
  t.match(html, /2 checkpoints in all hold\. 1 of them was kept elsewhere/)
  t.notMatch(html, /nobody has signed/)
})

t.test('a table: one grant a line, and nothing in it that a spreadsheet would run', async (t) => {
  const file = folderOf(t)
  const record = file('record.ndjson', signed(busy().texts()))
  const { out, code, err } = await report(...period, '--record', record, '--format', 'csv')
  t.match({ code, err }, { code: 0, err: /Nothing was verified/ })
  const lines = out.trimEnd().split('\r\n')
  t.match(lines[0], /^"id","askedAt","state",.*,"unusual"$/)
  t.equal([...out.matchAll(/"01K0/g)].length, 14)
  t.notMatch(out, /(^|,)"[=+@-]/m)
  t.match(out, `"'=HYPERLINK(""http://evil.example"",""x"")"`)
  t.match(
    lines.find((line) => line.includes('at-a-glance')),
    /"at-a-glance unbounded-cost revoked unused"$/,
  )
})

t.test('nothing is reported from a record that does not hold', async (t) => {
  const file = folderOf(t)
  const texts = busy().texts()
  const whole = signed(texts)
  const pub = file('checkpoint.pub', `${key.verifier}\n`)
  const out = file('out.html')
  const from = async (text: string, ...more: readonly string[]) =>
    report(...period, '--record', file('record.ndjson', text), '--key', pub, '--out', out, ...more)
  const changed = texts.findIndex((text) => text.includes('"usd":100,'))
  t.match(await from(whole.replace('"usd":100,', '"usd":999,')), {
    code: 9,
    // The one that was changed is the last that still follows the one before it.
    err: `NOT VERIFIED at event ${changed + 2}: Entry ${changed + 2} does not follow`,
  })
  t.match(await from(texts.map((text) => `${text}\n`).join('')), { code: 9, err: /there is no checkpoint/ })
  const cut = whole.split('\n').slice(3).join('\n')
  t.match(await from(cut), { code: 9, err: /NOT VERIFIED at event 1: / })
  t.notOk(existsSync(out), 'no file')
  for (const [args, err] of [
    [['--from', '2026-10-01', '--to', '2026-09-01'], /ends .* before it begins/],
    [['--from', 'yesterday'], /yesterday is no time/],
    [['--from', '1d', '--checkpoint', pub], /without the --key/],
    [['--from', '1d', '--key', 'nonsense'], /nonsense cannot be read/],
    [['--from', '1d', '--config', file('none.yaml')], /none\.yaml cannot be read/],
    [['--from', '1d', '--config', pub], /must be|unknown|object/],
  ] as const)
    t.match(
      await report(...args, '--record', file('record.ndjson', whole)),
      { code: /[29]/, err },
      String(err),
    )
  t.match(await typed(['audit', 'report', '--from', '1d'], {}, { columns: 80 }), { code: 2, err: /--out/ })

  // What came after the newest checkpoint is told, and is no fault.
  const record = madeRecord()
  for (let n = 0; n < 3; n++) record.grant({ at: monday + n * hour })
  const [note] = signed(record.texts().slice(0, 2)).trimEnd().split('\n').slice(-1)
  const partly = [...record.texts().slice(0, 2), note, ...record.texts().slice(2)].join('\n')
  t.equal((await from(partly)).code, 0)
  t.match(readFileSync(out, 'utf8'), /but the last 1, which nobody has signed yet/)
})

t.test('a record whose first events were dropped is told of as that', async (t) => {
  const file = folderOf(t)
  const record = madeRecord()
  const first = record.grant({ at: monday })
  for (let n = 1; n < 5; n++) record.grant({ at: monday + n * hour })
  const texts = record.texts()
  const leaves = texts.map((text) => Buffer.from(leafOf(text), 'hex'))
  const note = signCheckpoint({ origin, size: 2, root: rootOf(leaves.slice(0, 2)) }, [signer])
  const after = { seq: 2, leaf: leafOf(texts[1] ?? '') }
  const beginning = await beginningAfter(after, note, async (from, to) => rootOf(leaves.slice(from, to)))
  const line = [
    ...period,
    '--record',
    file('rest.ndjson', `${beginningLine(beginning)}\n${signed(texts, 2)}`),
  ]
  const { out, code, err } = await report(...line, '--key', key.verifier)
  t.equal(code, 0, err)
  t.match(out, /was read from event 3 to event 5/)
  t.match(out, /Not proved: what the 2 events before these were, which are in an archive/)
  t.match(out, /<b>3<\/b><span>asks<\/span>/)
  t.notMatch(out, first)
})

t.test('nothing, one, and thousands', async (t) => {
  const file = folderOf(t)
  const made = async (record: ReturnType<typeof madeRecord>, ...more: readonly string[]) => {
    const { out, code, err } = await report(
      ...(more.length > 0 ? more : period),
      '--record',
      file('record.ndjson', signed(record.texts())),
    )
    t.equal(code, 0, err)
    t.same(partsOf(out).open, [])
    t.notMatch(out, /NaN|undefined|Infinity/)
    return out
  }
  const none = await made(madeRecord())
  t.match(none, /Nothing was asked for\.[^]*Nobody asked for anything\.[^]*Nobody voted\./)
  t.match(none, /The record has no event of this period\./)
  const one = madeRecord()
  one.grant({ at: monday + hour, usd: 0.5 })
  t.match(await made(one), /<b>1<\/b><span>asks<\/span>[^]*\$0\.50/)
  t.match(
    await made(one, '--from', '1970-01-01', '--to', '2026-10-01'),
    /Asks, by hour/,
    'a record begins where it does',
  )
  const many = madeRecord()
  for (let n = 0; n < 3_000; n++)
    many.grant({
      at: monday + n * 10 * minute,
      who: `p${n % 400}`,
      role: `r${n % 60}`,
      reason: `because ${n}`,
    })
  const large = await made(many, '--from', '2026-09-07', '--to', '2026-10-01')
  t.match(large, /<b>3,000<\/b>/)
  t.match(large, /50 other roles/)
  t.match(large, /And 200 more\./, 'people')
  t.ok(large.length < 400_000, `${large.length} characters`)
})

t.test('the broker is asked, and its configuration says who could have asked', async (t) => {
  const file = folderOf(t)
  const rules = `${usualRules.replaceAll('from: [office]', 'from: any')}checkpoints: { every: 10s, events: 1, log: true }\n`
  const stint = await startStint({
    rules,
    proxies: '192.0.2.1/32',
    change: (world) => ({ ...world, env: { ...world.env, STINT_CHECKPOINT_KEY: key.secret } }),
  })
  t.teardown(() => stint.close())
  await stint.ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' })
  const env = { STINT_URL: stint.url, STINT_TOKEN: stint.token('cy') }
  const out = file('review.html')
  const config = file('stint.yaml', stint.config())
  const { code, err } = await typed(
    ['audit', 'report', '--from', '1d', '--config', config, '--out', out],
    env,
  )
  t.equal(code, 0, err)
  const html = readFileSync(out, 'utf8')
  t.match(html, /made by corp#cy/)
  t.match(html, /which was loaded last before the end of the period/)
  t.match(html, /1 role of 2: orders-repair\./)
  t.match(html, /<code>role\.name == &quot;orders-repair&quot;<\/code>/)
  t.match(html, /Nothing was proved\./)
  writeFileSync(config, `${stint.config()}# another\n`)
  await typed(['audit', 'report', '--from', '1d', '--config', config, '--out', out], env)
  t.match(readFileSync(out, 'utf8'), /which is not the one that was loaded last/)
  t.match(await typed(['audit', 'report', '--from', '1d'], { ...env, STINT_TOKEN: stint.token('ana') }), {
    code: 3,
    err: /auditors/,
  })
})

t.test('what is put into a template stays text', async () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'<>"\'&\u202e\u0000\u200b\ud800é\n /')), (letters) => {
      const made = textOf(markup`<p title="${letters.join('')}">${letters.join('')}</p>`)
      if (!/^<p title="[^<>"']*">[^<>"']*<\/p>$/.test(made) || /\p{C}/u.test(made)) throw new Error(made)
    }),
  )
})

t.test('axes and bins hold whatever there is', async () => {
  fc.assert(
    fc.property(fc.nat(1e9), (most) => {
      const { top, step } = axisOf(most)
      const steps = top / step
      if (top < most || !Number.isInteger(steps) || steps > 5 || !Number.isInteger(step))
        throw new Error(`${top} ${step}`)
    }),
  )
  const instant = fc.integer({ min: 0, max: Date.UTC(2100, 0) })
  fc.assert(
    fc.property(
      instant,
      instant,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (one, other, part) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other) + 1]
        const { starts, of, width } = binsOf(from, to)
        const at = Math.floor(from + part * (to - from))
        const start = starts[of(at)] ?? Infinity
        if (starts.length > 62 || start > at || at >= start + width)
          throw new Error(`${starts.length} ${start} ${at}`)
      },
    ),
  )
})
