import '../support/loopback-only.js'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { emptyHead, link } from '../../src/audit/chain.js'
import { signCheckpoint } from '../../src/audit/checkpoint.js'
import { prove } from '../../src/audit/evidence.js'
import type { Entry } from '../../src/audit/event.js'
import { parseSigner } from '../../src/audit/note.js'
import { rootOf } from '../../src/audit/tree.js'
import { makeSigner } from '../../src/audit/note.js'
import { createMachine } from '../support/command-line.js'
import { typed } from '../support/in-process.js'
import { startStint, usualRules } from '../support/stint.js'

t.test('verify: a file and a public key, no broker, no database', async (t) => {
  const { home, run } = createMachine(t, {})
  const file = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const origin = 'stint.example.com/record'
  const made = await run(['audit', 'keygen', origin])
  t.equal(made.code, 0)
  const pub = file('checkpoint.pub', `# of the record\n\n${made.err}`)
  const signer = parseSigner(made.out.trim())
  if (!signer) throw new Error('no key')
  t.equal(signer.verifier, made.err.trim())
  t.match(await run(['audit', 'keygen', 'a b']), { code: 2, err: /needs a name without blanks/ })

  const entries: Entry[] = []
  for (let n = 1; n <= 5; n++)
    entries.push(
      // What ends a line elsewhere does not end one here.
      link(
        { kind: 'grant.active', at: n, by: 'corp#ana', grant: 'g', data: { n, text: '\u2028\r' } },
        entries.at(-1) ?? emptyHead,
      ),
    )
  const root = (size: number) => rootOf(entries.slice(0, size).map(({ leaf }) => Buffer.from(leaf, 'hex')))
  const noteOf = (size: number) => signCheckpoint({ origin, size, root: root(size) }, [signer])
  mkdirSync(join(home, 'worm', 'more'), { recursive: true })
  file('worm/3', noteOf(3))
  file('worm/more/4', `${noteOf(4)}${noteOf(2)}`)
  const worm = join(home, 'worm')
  const lines = entries.map(({ text }) => `${text}\n`)
  const log = file('log.ndjson', lines.join(''))

  const verify = (files: readonly string[], ...more: readonly string[]) =>
    run(['audit', 'verify', ...files, '--key', ...more])
  t.match(await verify([log], pub, '--checkpoint', worm), {
    code: 0,
    err: '',
    out: /chain: events 1 to 5 .*\ntree: 3 checkpoints .* 3 of them kept elsewhere; the newest is of 4 events\nnot yet signed: the last 1 events\nverified\n/,
  })
  const inParts = [file('a', lines.slice(0, 2).join('')), file('b', lines.slice(2).join(''))]
  t.match(await verify(inParts, signer.verifier, '--checkpoint', worm), { code: 0, out: /verified\n/ })
  const withNote = file('c', `${lines.join('')}${JSON.stringify({ checkpoint: noteOf(5) })}\n`)
  t.match(await verify([withNote], pub), { code: 0, err: /^No checkpoint was kept elsewhere/ })
  t.match(await verify([log], pub), { code: 9, err: /^NOT VERIFIED: there is no checkpoint/ })
  const cut = file('d', lines.slice(0, 3).join(''))
  t.match(await verify([cut], pub, '--checkpoint', worm), {
    code: 9,
    out: '',
    err: /^NOT VERIFIED at event 4: /,
  })
  const changed = file('e', lines.join('').replace('"n":3', '"n":4'))
  t.match(await verify([changed], pub, '--checkpoint', worm), { code: 9, err: /^NOT VERIFIED at event / })

  const evidence = {
    stint: 'evidence',
    grant: 'g',
    checkpoint: noteOf(5),
    events: await Promise.all(
      entries.map((entry) =>
        prove(entry, 5, async (from, to) =>
          rootOf(entries.slice(from, to).map(({ leaf }) => Buffer.from(leaf, 'hex'))),
        ),
      ),
    ),
  }
  t.match(await verify([file('f', JSON.stringify(evidence))], pub), {
    code: 0,
    out: /^verified: 5 events of grant g /,
  })
  const bent = file('g', JSON.stringify(evidence).replace('\\"n\\":2', '\\"n\\":7'))
  t.match(await verify([bent], pub), {
    code: 9,
    err: /^NOT VERIFIED at event 2: .*not in the log that was signed/,
  })

  for (const [files, more, err] of [
    [[join(home, 'none')], [pub], /none cannot be read \(ENOENT\)/],
    [[log], ['nonsense'], /nonsense cannot be read/],
    [[log], [log], /is neither a verifier key/],
    [[log], [pub, '--checkpoint', join(home, 'nowhere')], /nowhere cannot be read/],
    [[log], [pub, '--checkpoint', log], /There is no checkpoint in/],
  ] as const)
    t.match(await verify(files, ...more), { code: 2, err }, String(err))
  const other = file('other.pub', (await run(['audit', 'keygen', origin])).err)
  t.match(await verify([log], other, '--checkpoint', worm), {
    code: 2,
    err: /is not signed by a key that was given/,
  })
})

t.test('prove: signed while it runs, one file for somebody without the record', async (t) => {
  const origin = 'stint.example.com/record'
  const key = makeSigner(origin, Buffer.alloc(32, 3))
  const { home, env, run } = createMachine(t, {})
  const worm = join(home, 'worm')
  mkdirSync(worm)
  const stint = await startStint({
    rules: `${usualRules.replaceAll('from: [office]', 'from: any')}checkpoints: { every: 10s, events: 1, folder: ${worm}, log: true }\n`,
    proxies: '192.0.2.1/32',
    change: (world) => ({ ...world, env: { ...world.env, STINT_CHECKPOINT_KEY: key?.secret } }),
  })
  t.teardown(() => stint.close())
  Object.assign(env, { STINT_URL: stint.url, STINT_TOKEN: stint.token('cy') })
  const asked = await stint.ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' })
  const grant = String(asked.body['grant']?.['id'])
  const read = (as: 'ana' | 'cy', path: string, headers = {}) => stint.call('GET', path, { as, headers })

  // It looks every two seconds.
  let proved = await run(['audit', 'prove', grant])
  for (let tries = 0; proved.code !== 0 && tries < 20; tries++) proved = await run(['audit', 'prove', grant])
  t.equal(proved.code, 0, proved.err)
  const file = join(home, 'evidence.json')
  writeFileSync(file, proved.out)
  t.match(JSON.parse(proved.out), { stint: 'evidence', grant, events: [{ seq: Number }, { seq: Number }] })
  const verified = await run(['audit', 'verify', file, '--key', key?.verifier ?? ''])
  t.match(verified, { code: 0, err: '' })
  t.match(verified.out, /^verified: \d events of grant /)
  t.match(await run(['audit', 'prove', '01K9ZQ3T7M4V5W6X7Y8Z9A0B1D']), {
    code: 2,
    err: /nothing on such a grant/,
  })

  const exported = await run(['audit', '--ndjson', '--all'])
  const log = join(home, 'log.ndjson')
  writeFileSync(log, exported.out)
  const kept = await run(['audit', 'verify', log, '--key', key?.verifier ?? '', '--checkpoint', worm])
  t.match(kept, { code: 0, out: /verified\n$/ })

  const type = (line: readonly string[], change = {}, more = {}) =>
    typed(['audit', ...line], env, { env: more }, change)
  const verify = (...files: readonly string[]) => type(['verify', ...files, '--key', key?.verifier ?? ''])
  const linesIn = (text: string) => text.split('\n').filter((line) => line !== '')
  const whole = join(home, 'whole.ndjson')
  t.match(await type(['export', '--out', whole]), {
    code: 0,
    out: '',
    err: /whole\.ndjson has \d+ events and [1-9]\d* checkpoints\.\n$/,
  })
  t.match(await verify(whole), { code: 0, out: /tree: [1-9]\d* checkpoints .* hold/ })
  const texts = linesIn(readFileSync(whole, 'utf8'))
  const cut = texts.findIndex((line) => line.startsWith('{"v":1,"seq":2,')) + 1
  const [first, second] = [join(home, 'first.ndjson'), join(home, 'second.ndjson.gz')]
  writeFileSync(first, `${texts.slice(0, cut).join('\n')}\n`)
  writeFileSync(second, gzipSync(texts.slice(cut).join('\n')))
  t.same(linesIn((await type(['export', '--record', first, second])).out), texts, 'two files, one record')
  t.match(await verify(first, second), { code: 0 })
  const since = linesIn((await type(['export', '--after', '2'])).out)
  t.same(since.slice(0, texts.length - cut), texts.slice(cut), 'goes on where the first part ends')
  t.ok(since.length > texts.length - cut, 'and that somebody took that is in it')
  const { at } = JSON.parse(texts[cut - 1] ?? '') as { readonly at: string }
  const times = ['--from', at, '--to', new Date(Date.parse(at) + 1).toISOString()]
  const then = linesIn((await type(['export', '--record', whole, ...times])).out)
  t.same(
    then,
    texts.filter((line) => line.includes(`"at":"${at}"`)),
    'the part of a time, no checkpoints',
  )
  t.same(
    linesIn((await type(['export', ...times])).out).slice(0, then.length),
    then,
    'the same of the broker',
  )
  const { at: began } = JSON.parse(texts[0] ?? '') as { readonly at: string }
  t.same((await type(['export', '--record', whole, '--to', began])).out, '')

  const csv = (await type(['export', '--record', whole, '--format', 'csv'])).out
  const same = await read('cy', '/v1/audit/events?limit=1000', { accept: 'text/csv' })
  t.equal(same.text.slice(0, csv.length), csv, 'the same table as the broker makes')
  t.equal(csv.split('\r\n').length, texts.filter((line) => line.startsWith('{"v":')).length + 2)
  const told = linesIn((await type(['export', '--record', whole, '--format', 'ocsf'])).out)
  t.same(
    told.map((line) => (JSON.parse(line) as { raw_data: string }).raw_data),
    texts.filter((line) => line.startsWith('{"v":')),
    'the record can be had back from OCSF',
  )

  const torn = join(home, 'torn.ndjson.gz')
  writeFileSync(torn, gzipSync(texts.join('\n')).subarray(0, -20))
  for (const [line, err] of [
    [['--record', torn], /torn\.ndjson\.gz cannot be read/],
    [['--record', join(home, 'nowhere')], /nowhere cannot be read \(ENOENT\)/],
    [['--record', file], /evidence\.json is no export of the record: see its line 1\./],
    [['--after', 'x'], /x is no number of an event/],
    [['--from', 'x'], /x is no time/],
    [['--out', join(home, 'no', 'where')], /cannot be written \(ENOENT\)/],
  ] as const)
    t.match(await type(['export', ...line]), { code: 2, err }, String(err))
  const dead = join(home, 'dead')
  t.match(await type(['export', '--out', dead], {}, { STINT_URL: 'http://127.0.0.1:1' }), {
    code: 10,
    err: /cannot be reached/,
  })
  // Ctrl-C comes while the broker asks to be left alone for a minute.
  let interrupt = () => {}
  const busy = {
    on: (_: string, heard: () => void) => ((interrupt = heard), () => undefined),
    sleep: (ms: number, signal?: AbortSignal) => (interrupt(), sleep(ms, undefined, signal && { signal })),
    fetch: async () => {
      const problem = {
        type: 'about:blank',
        title: '',
        status: 429,
        code: 'rate_limited',
        detail: 'Too many.',
      }
      return new Response(JSON.stringify(problem), { status: 429, headers: { 'retry-after': '60' } })
    },
  }
  t.match(await type(['export', '--out', dead], busy), {
    code: 130,
    err: /^Interrupted after 0 events; .*dead was not written\.\n$/,
  })
  t.notOk(
    readdirSync(home).some((name) => name.startsWith('dead')),
    'whole or not at all',
  )
  const page = await read('ana', `/v1/audit/checkpoints?limit=1`)
  t.match(page, { status: 200, body: { checkpoints: [{ size: Number, note: /^stint\.example/ }] } })

  const newest = await read('ana', '/v1/audit/checkpoint?from=1')
  t.match(newest, { status: 200, body: { note: /^stint\.example\.com\/record\n/, consistency: Array } })
  const note = await read('ana', '/v1/audit/checkpoint', { accept: 'text/plain' })
  t.match(note, { status: 200, text: /^stint\.example\.com\/record\n\d+\n/ })
  t.match(await read('ana', '/v1/audit/checkpoint?from=9999'), { status: 409 })
  t.match(await read('ana', '/v1/audit/proofs/1'), { status: 403 }, 'not for everybody')
  t.match(await read('cy', '/v1/audit/proofs/9999'), { status: 404 })
  t.match(await read('cy', '/v1/audit/proofs/1?size=999'), { status: 404 })
  t.match(await read('cy', '/v1/audit/proofs/0'), { status: 400 })
  const looked = await read('cy', '/v1/audit/events?kind=audit.read&limit=100', {
    accept: 'application/x-ndjson',
  })
  t.match(looked.text, /"data":\{"proof":\{"seq":1|"data":\{"proof":\{"seq":/)
  t.match(stint.log.join(''), /"msg":"checkpoint"/)
  t.notMatch(stint.log.join(''), String(key?.secret.slice(-40)), 'no key in the log')
  t.match((await stint.call('GET', '/metrics')).text, /stint_record_unsigned_events \d/)

  // A checkpoint of more events than there are: somebody signed another record under this name.
  const signer = parseSigner(key?.secret ?? '')
  const forged = { origin, size: 9_999, root: Buffer.alloc(32) }
  writeFileSync(
    join(worm, 'stint.example.com_record', '000000000009999.checkpoint'),
    signCheckpoint(forged, signer ? [signer] : []),
  )
  const ready = async () => (await (await fetch(`${stint.url}/readyz`)).json()) as Record<string, unknown>
  let seen = await ready()
  for (let tries = 0; seen['status'] === 'ready' && tries < 60; tries++) {
    await stint.call('GET', '/v1/audit/events?limit=1', { as: 'cy' })
    stint.clock.advance(2_001)
    await sleep(500)
    seen = await ready()
  }
  t.match(seen, {
    status: 'degraded',
    parts: { checkpoints: { status: 'refused', detail: /9999 events was signed, and the record has/ } },
  })
})

t.test('what auditors ask: one line each, and that they asked is on the record', async (t) => {
  const { env, run } = createMachine(t, {})
  const stint = await startStint({
    rules: usualRules.replaceAll('from: [office]', 'from: any'),
    proxies: '192.0.2.1/32',
  })
  t.teardown(() => stint.close())
  Object.assign(env, { STINT_URL: stint.url, STINT_TOKEN: stint.token('cy') })
  const idOf = ({ body }: { readonly body: Record<string, Record<string, unknown>> }) =>
    String(body['grant']?.['id'] ?? body['grant'])
  const reading = idOf(await stint.ask('ana', { role: 'orders-debug', reason: 'stuck order 4711' }))
  const writing = idOf(
    await stint.ask('ana', { role: 'orders-repair', reason: 'stuck order 4711', ticket: 'OPS-1' }),
  )
  await stint.call('POST', `/v1/grants/${writing}/votes`, { as: 'ana', body: { answer: 'yes' } })
  const denied = idOf(await stint.ask('ana', { role: 'orders-repair', reason: 'no ticket at all' }))
  const own = await stint.call('POST', `/v1/grants/${writing}/votes`, { as: 'ana', body: { answer: 'yes' } })
  t.match(own, { status: 403, body: { code: 'forbidden' } })
  const found = async (...line: readonly string[]) => {
    const { out, err, code } = await run(['history', ...line, '--json'])
    t.equal(code, 0, err)
    return (JSON.parse(out) as { grants: { id: string; decision: { config: string } }[] }).grants
  }
  const ids = async (...line: readonly string[]) => (await found(...line)).map(({ id }) => id)
  const table = (name: string) => `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`
  const day = ['--active-from', '1d', '--active-to', '2100-01-01T00:00:00Z']

  t.same(await ids('--resource', table('orders'), '--access', 'write', ...day), [], 'it waits still')
  await stint.call('POST', `/v1/grants/${writing}/votes`, { as: 'bo', body: { answer: 'yes' } })
  t.same(await ids('--resource', table('orders'), '--access', 'write', ...day), [writing])
  t.same(await ids('--resource', table('orders'), ...day), [writing, reading], 'in any way')
  t.same(await ids('--resource', table('orders-2'), ...day), [reading], 'beyond what may be written')
  t.same(await ids('--resource', table('ord*'), '--access', 'read'), [reading], 'a pattern')
  t.same(await ids('--resource', table('payroll')), [])
  t.match(await run(['history', '--resource', 'orders']), { code: 2, err: /does not start with arn:/ })
  t.match(await run(['history', '--resource', 'arn:aws:nosuch:::x']), { code: 2, err: /no such action/ })
  t.match(await run(['history', '--resource', '*']), { code: 2, err: /Name the resource/ })

  t.same(await ids('--no-ticket'), [denied, reading])
  t.same(await ids('--ticket', 'OPS-1'), [writing])
  t.same(await ids('--cost-over', '1000000'), [])
  const [first] = await found('--limit', '1')
  t.equal((await ids('--config', String(first?.decision.config), ...day)).length, 2, 'what was open at all')
  t.same(await ids('--config', 'f'.repeat(64)), [])

  const events = async (...line: readonly string[]) => {
    const { out } = await run(['audit', ...line, '--json'])
    return (JSON.parse(out) as { events: { kind: string; grant?: string; text: string }[] }).events
  }
  t.match(await events('--refusal', 'own_ask'), [
    { kind: 'request.refused', grant: writing },
    { kind: 'request.refused', grant: writing },
  ])
  t.match(await events('--refusal', 'ticket'), [{ kind: 'grant.denied', grant: denied }])
  const looked = await events('--kind', 'audit.read', '--limit', '1000')
  t.ok(
    looked.some(({ text }) => /"data":\{"grants":\{.*"access":"Write"/.test(text)),
    'who looked, and for what',
  )
  const before = looked.length
  await stint.call('GET', '/v1/grants?subject=corp%23ana', { as: 'ana' })
  await stint.call('GET', '/v1/grants', { as: 'ana' })
  t.equal((await events('--kind', 'audit.read', '--limit', '1000')).length, before + 1, 'their own is theirs')
})
