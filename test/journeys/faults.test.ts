import '../support/loopback-only.js'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { contradictions, createJudge } from '../../faults/judge.js'
import { createRandom } from '../../faults/random.js'
import { createRecord } from '../../faults/record.js'
import { missing, type Told } from '../../faults/told.js'
import { emptyHead, link } from '../../src/audit/chain.js'
import type { EventKind, Head } from '../../src/audit/event.js'

/** The harness of `npm run faults`: that it sees what is wrong, and a short run of it. */

interface Happened {
  readonly kind: EventKind
  readonly request?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** A record in which this happened to one grant. */
function texts(happened: readonly Happened[], from: Head = emptyHead): readonly string[] {
  let head = from
  return happened.map(({ kind, request, data = {} }) => {
    const entry = link(
      { kind, at: 1_000, by: 'corp#ana', grant: 'g', ...(request && { request }), data },
      head,
    )
    head = entry
    return entry.text
  })
}

const asked = (kind: EventKind): Happened => ({ kind, request: 'r', data: { ask: { reason: 'why' } } })
const issuance = (state: string, more: object = {}): Happened => ({
  kind: `issuance.${state}` as EventKind,
  request: 'r',
  data: { issuance: 'i', sessionName: 's', ...more },
})
const [active, started] = [asked('grant.active'), issuance('started')]
const done = issuance('done', { accessKeyId: 'ASIA1', attempts: 1 })
const read = (happened: readonly Happened[]) => {
  const record = createRecord()
  return { record, wrong: record.take(texts(happened)) }
}

t.test('no grant in two states, and no issuance that ends twice', async (t) => {
  const fine: readonly (readonly Happened[])[] = [
    [asked('grant.denied')],
    [
      asked('grant.pending'),
      { kind: 'vote.cast' },
      { kind: 'grant.active' },
      started,
      done,
      { kind: 'grant.ended' },
    ],
    [active, started, issuance('unknown'), issuance('withheld')],
    [active, started, { kind: 'grant.revoked' }, issuance('withheld')],
  ]
  for (const happened of fine) t.same(read(happened).wrong, [])
  const broken: readonly (readonly [RegExp, ...Happened[]])[] = [
    [/begins as ended/, { kind: 'grant.ended' }],
    [/from active to active/, active, { kind: 'grant.active' }],
    [/from pending to pending/, asked('grant.pending'), { kind: 'grant.pending' }],
    [/from revoked to active/, active, { kind: 'grant.revoked' }, { kind: 'grant.active' }],
    [/from ended to revoked/, active, { kind: 'grant.ended' }, { kind: 'grant.revoked' }],
    [/started on a grant that was pending/, asked('grant.pending'), started],
    [/started twice/, active, started, started],
    [/never started/, active, done],
    [/from done to unknown/, active, started, done, issuance('unknown')],
    [/from unknown to done/, active, started, issuance('unknown'), done],
    [/done on a grant that was revoked/, active, started, { kind: 'grant.revoked' }, done],
  ]
  for (const [why, ...happened] of broken) t.match(read(happened).wrong, [why], String(why))
})

t.test('a chain that does not hold', async (t) => {
  const [first = '', second = ''] = texts([active, started])
  t.match(createRecord().take([second]), [/chain/])
  t.match(createRecord().take([first, first]), [/chain/])
  t.match(createRecord().take([first.replace('ana', 'eve'), second]), [/chain/])
})

t.test('what was answered and is not there', async (t) => {
  const { record } = read([active, started, done])
  const told: Told = {
    request: 'r',
    what: 'an ask',
    kinds: ['issuance.done'],
    grant: 'g',
    accessKeyId: 'ASIA1',
  }
  t.equal(missing({ ...told, state: 'active', reason: 'why' }, record), undefined)
  t.match(missing({ ...told, request: 'other' }, record), /none of issuance.done/)
  t.match(missing({ ...told, accessKeyId: 'ASIA2' }, record), /ASIA2 are not on the record/)
  t.match(missing({ ...told, grant: 'h' }, record), /h is not on the record/)
  t.match(missing({ ...told, state: 'revoked' }, record), /was said to be revoked/)
  t.match(missing({ ...told, reason: 'another' }, record), /another ask's/)
})

t.test('sessions that the record knows nothing of, or not enough', async (t) => {
  const sts = (...keys: string[]) =>
    ({ sessions: keys.map((accessKeyId) => ({ accessKeyId, sessionName: 's' })) }) as never
  const judge = createJudge({ sts: sts('ASIA1'), urls: () => [], token: () => '', upFor: () => 0 })
  t.match(judge.hold([]), [/knows nothing/])
  t.same(judge.hold([]), [], 'each is told once')
  const known = (...happened: Happened[]) => read([active, started, ...happened]).record
  t.same(contradictions(known(done), sts('ASIA1')), [])
  t.match(contradictions(known(issuance('failed')), sts('ASIA1')), [/failed on the record/])
  t.match(contradictions(known(done), sts('ASIA2')), [/STS never made/])
  t.match(contradictions(known(done), sts('ASIA1', 'ASIA2')), [/has 1 attempts/])
  const two = createJudge({ sts: sts(), urls: () => [], token: () => '', upFor: () => 0 })
  two.take(texts([active]))
  two.take(texts([active], two.record.head()).map((text) => text.replace('"grant":"g"', '"grant":"h"')))
  t.match(two.hold([]), [/two grants, g and h/])
})

t.test('a seed decides every choice', async (t) => {
  const draw = (seed: number, branch: string) => {
    const random = createRandom(seed).branch(branch)
    return Array.from({ length: 50 }, () => random.between(0, 9))
  }
  t.same(draw(1, 'a'), draw(1, 'a'))
  t.notSame(draw(1, 'a'), draw(1, 'b'))
  t.notSame(draw(1, 'a'), draw(2, 'a'))
  t.same(new Set(draw(3, 'c')).size > 5, true)
})

t.test('a short run: nothing is lost, whatever breaks', { timeout: 240_000 }, async (t) => {
  const main = fileURLToPath(new URL('../../faults/main.js', import.meta.url))
  const args = ['--short', '--seed', '7', '--rounds', '1']
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { timeout: 220_000 })
  t.match(stdout, /nothing was lost/)
  for (const line of stdout.split('\n').filter((text) => /skipped|not installed/.test(text))) t.comment(line)
  for (const fault of ['kill -9', 'SIGHUP', 'clock steps', 'STS resets connections', 'Slack gone'])
    t.match(stdout, new RegExp(`^${fault} +sqlite +1 +\\d+ +\\d+ +0 `, 'm'))
})
