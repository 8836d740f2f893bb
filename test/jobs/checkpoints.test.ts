import '../support/loopback-only.js'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openCheckpoint } from '../../src/audit/checkpoint.js'
import { makeSigner, parseSigner, parseVerifier } from '../../src/audit/note.js'
import { isConsistent } from '../../src/audit/proof.js'
import { readCheckpoint } from '../../src/grant/proofs.js'
import type { Broker } from '../../src/grant/broker.js'
import type { Store } from '../../src/grant/store.js'
import { bucketOutlet } from '../../src/jobs/bucket.js'
import { checkpoint, type Outlet } from '../../src/jobs/checkpoints.js'
import { folderOutlet } from '../../src/jobs/outlets.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { eventOf } from '../contract/store-values.js'

const folder = mkdtempSync(join(tmpdir(), 'stint-checkpoints-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
let made = 0
const fresh = (name: string) => join(folder, `${made++}-${name}`)

const origin = 'stint.example.com/record'
function keyOf(seed: number, name = origin) {
  const pair = makeSigner(name, Buffer.alloc(32, seed))
  const [signer, verifier] = [parseSigner(pair?.secret ?? ''), parseVerifier(pair?.verifier ?? '')]
  if (!signer || !verifier) throw new Error('no key')
  return { signer, verifier }
}
const [first, second] = [keyOf(1), keyOf(2)]

let now = Date.UTC(2026, 10, 24)
const minute = 60_000
const look = (store: Store, outlets: readonly Outlet[] = [], signers = [first.signer]) =>
  checkpoint({ store, signers, outlets, every: 5 * minute, events: 100, clock: () => now })
/** No two events are the same. */
let events = 0
const add = (store: Store, count: number) =>
  store.commit({ events: Array.from({ length: count }, () => eventOf({ data: { n: events++ } })) })

async function opened(t: Test, path = fresh('stint.db')): Promise<Store> {
  const store = await openSqlite({ path })
  t.teardown(() => store.close())
  return store
}
function worm() {
  const path = fresh('worm')
  mkdirSync(path)
  const own = join(path, 'stint.example.com_record')
  return { path, outlet: folderOutlet(path), names: () => readdirSync(own).sort(), own }
}

t.test('signed when time or events say so, kept, put out; each extends the last', async (t) => {
  const store = await opened(t)
  const { outlet, names, own } = worm()
  t.same(await look(store, [outlet]), { unsigned: 0 }, 'an empty record is not signed')
  await add(store, 3)
  t.same(await look(store, [outlet]), { unsigned: 0 }, 'the first at once')
  t.match(await store.checkpoint(), { size: 4, at: now }, 'the keys are on the record before they sign')
  t.match(await store.events({ kinds: ['log.keys'], limit: 9 }), [
    { seq: 4, text: /"keys":\["stint\.example/ },
  ])
  await add(store, 2)
  t.same(await look(store, [outlet]), { unsigned: 2 }, 'neither is up yet')
  await add(store, 700)
  t.same(await look(store, [outlet]), { unsigned: 0 }, 'enough events')
  await add(store, 1)
  now += 5 * minute
  await look(store, [outlet])
  now += 5 * minute
  await look(store, [outlet])
  t.same(
    names(),
    [4, 706, 707].map((size) => `${String(size).padStart(15, '0')}.checkpoint`),
    'none where nothing happened',
  )
  const notes = names().map((name) => readFileSync(join(own, name), 'utf8'))
  t.same(
    (await store.checkpoints(0, 9)).map(({ note }) => note),
    notes,
  )
  for (const note of notes) {
    const old = openCheckpoint(note, [first.verifier])
    const { note: newest, consistency = [] } = await readCheckpoint({ store } as Broker, old?.size ?? 0)
    const after = openCheckpoint(newest, [first.verifier])
    if (!old || !after) throw new Error('not signed')
    t.ok(
      isConsistent(
        old,
        after,
        consistency.map((hash) => Buffer.from(hash, 'base64')),
      ),
    )
  }
  await t.rejects(readCheckpoint({ store } as Broker, 708), {
    code: 'conflict',
    message: /not the record that you know/,
  })
})

t.test('a record that went back, or was rewritten, is never signed over', async (t) => {
  const path = fresh('stint.db')
  const store = await openSqlite({ path })
  const { outlet, names } = worm()
  await add(store, 3)
  await look(store, [outlet])
  await store.close()
  const [backup, other] = [fresh('backup.db'), fresh('other.db')]
  cpSync(path, backup)
  const went = await opened(t, path)
  await add(went, 10)
  now += 5 * minute
  await look(went, [outlet])
  t.equal(names().length, 2)

  const behind = { code: 'record_behind' }
  const restored = await opened(t, backup)
  await add(restored, 1)
  now += 5 * minute
  await t.rejects(look(restored, [outlet]), {
    ...behind,
    message: /14 events was signed, and the record has 5/,
  })
  await add(restored, 20)
  await t.rejects(
    look(restored, [outlet]),
    { ...behind, message: /not those that were signed/ },
    'nor once it is longer',
  )
  t.match(await restored.checkpoint(), { size: 4 }, 'nothing was kept')
  t.equal(names().length, 2)
  const renamed = keyOf(3, 'stint.example.com/record-2')
  t.same(
    await look(restored, [outlet], [renamed.signer]),
    { unsigned: 0 },
    'under another name it is another log',
  )

  const rewritten = await opened(t, other)
  await add(rewritten, 40)
  await t.rejects(look(rewritten, [outlet]), behind)
})

t.test('two at once never sign two trees of one size; what one lacks the next puts out', async (t) => {
  const store = await opened(t)
  const { outlet, names, path } = worm()
  await add(store, 5)
  await Promise.all([look(store, [outlet]), look(store, [outlet]), look(store, [outlet])])
  const sizes = (await store.checkpoints(0, 9)).map(({ size }) => size)
  t.same(sizes, [...new Set(sizes)])
  t.equal(names().length, sizes.length)
  rmSync(path, { recursive: true })
  await add(store, 200)
  await t.rejects(look(store, [outlet]), { code: 'ENOENT' }, 'a mount that is gone cannot be asked')
  t.equal((await store.checkpoints(0, 9)).length, sizes.length, 'and so nothing is signed')
  mkdirSync(path)
  await look(store, [outlet])
  t.equal(names().length, 1)
})

t.test('keys are changed by signing with both for a while', async (t) => {
  const store = await opened(t)
  await add(store, 1)
  await look(store)
  await add(store, 1)
  now += 5 * minute
  await look(store, [], [second.signer, first.signer])
  const both = await store.checkpoint()
  t.match(both, { size: 4 })
  for (const { verifier } of [first, second]) t.ok(openCheckpoint(both?.note ?? '', [verifier]))
  await add(store, 1)
  now += 5 * minute
  await look(store, [], [second.signer])
  const [, , last] = await store.events({ kinds: ['log.keys'], limit: 9 })
  t.match(JSON.parse(last?.text ?? ''), {
    by: 'stint',
    data: { keys: [/record\+/], before: [/record\+/, /record\+/] },
  })
  t.notOk(openCheckpoint((await store.checkpoint())?.note ?? '', [first.verifier]))
})

t.test('a file of that name which says something else is a fault, and stays', async (t) => {
  const { outlet, own } = worm()
  mkdirSync(own)
  const name = join(own, '000000000000007.checkpoint')
  writeFileSync(name, 'other')
  const said = { origin, size: 7, root: Buffer.alloc(32) }
  await t.rejects(outlet.publish(said, 'note'), { code: 'conflict' })
  t.equal(readFileSync(name, 'utf8'), 'other')
  await outlet.publish(said, 'other')
})

/** As much of S3 as checkpoints need: PutObject with If-None-Match and Object Lock, GetObject, ListObjectsV2. */
async function startS3(t: Test) {
  const objects = new Map<string, string>()
  const locks: unknown[] = []
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://s3')
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'))
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      if (request.method === 'PUT') {
        if (request.headers['if-none-match'] === '*' && objects.has(key))
          return response
            .writeHead(412, { 'content-type': 'application/xml' })
            .end('<Error><Code>PreconditionFailed</Code></Error>')
        objects.set(key, body)
        locks.push([
          request.headers['x-amz-object-lock-mode'],
          request.headers['x-amz-object-lock-retain-until-date'],
        ])
        return response.end()
      }
      if (key !== '') return response.end(objects.get(key))
      const after = url.searchParams.get('start-after') ?? ''
      const prefix = url.searchParams.get('prefix') ?? ''
      const keys = [...objects.keys()].filter((one) => one.startsWith(prefix) && one > after).sort()
      const page = keys.slice(0, 2)
      const more = keys.length > page.length
      return response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(
          `<ListBucketResult><IsTruncated>${more}</IsTruncated>${page.map((one) => `<Contents><Key>${one}</Key></Contents>`).join('')}</ListBucketResult>`,
        )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { objects, locks, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

t.test(
  'a bucket: locked for as long as was said, never overwritten, asked before each signing',
  async (t) => {
    const { objects, locks, endpoint } = await startS3(t)
    const outlet = await bucketOutlet({
      name: 'checkpoints',
      region: 'eu-west-1',
      prefix: 'a/',
      retain: 400 * 24 * 60 * minute,
      endpoint,
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' },
      clock: () => now,
    })
    t.teardown(() => outlet.close())
    t.equal(await outlet.newest(origin, 0), undefined)
    const store = await opened(t)
    for (let n = 0; n < 5; n++) {
      await add(store, 100)
      await look(store, [outlet])
    }
    const keys = [...objects.keys()]
    t.equal(keys.length, 5)
    t.equal(keys[0], 'a/stint.example.com_record/000000000000101.checkpoint')
    t.same(locks[0], [
      'COMPLIANCE',
      new Date(now + 400 * 24 * 60 * minute).toISOString().replace('.000Z', 'Z'),
    ])
    const newest = (await store.checkpoint())?.note
    t.equal(await outlet.newest(origin, 0), newest, 'page after page')
    t.equal(
      await outlet.newest(origin, 501),
      newest,
      'passing over what is known, not the one that is the same',
    )
    const said = { origin, size: 101, root: Buffer.alloc(32) }
    await outlet.publish(said, objects.get(keys[0] ?? '') ?? '')
    await t.rejects(outlet.publish(said, 'other'), { code: 'conflict' })
  },
)
