// Makes a record of a made-up quarter, signed, for the picture of an access review in docs/auditing.md.
//
//   npm run build && node scripts/draw-review.mjs quarter
//   npx stint audit report --from 2026-07-01 --to 2026-10-01 --record quarter/record.ndjson --key quarter/checkpoint.pub \
//     --checkpoint quarter/kept --by 'Cy Okafor, internal audit' --out quarter/review.html
//
// and any browser makes the picture: 1080 pixels wide, 2390 high.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyHead, link } from '../build/src/audit/chain.js'
import { signCheckpoint } from '../build/src/audit/checkpoint.js'
import { makeSigner, parseSigner } from '../build/src/audit/note.js'
import { createFrontier } from '../build/src/audit/tree.js'
import { checkpointLine } from '../build/src/audit/verification.js'

const [folder = 'quarter'] = process.argv.slice(2)
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
const start = Date.UTC(2026, 6, 1)

// The same quarter every time (a linear congruential generator, as in the C standard).
let seed = 7
const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31
const pick = (list) => list[Math.floor(random() * list.length)]
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789'
const id = (n) =>
  `01K${String(n).padStart(8, '0')}${Array.from({ length: 15 }, () => pick([...alphabet])).join('')}`

const subject = (name) => `corp#${name}@example.com`
const engineers = [
  'ana',
  'ben',
  'carla',
  'dev',
  'emil',
  'fatima',
  'george',
  'hana',
  'ivo',
  'jun',
  'kemal',
  'lena',
]
const leads = ['bo', 'dan', 'mira']
/** Account, the most that it could cost, whether somebody must agree, and how often it is asked for. */
const roles = {
  'orders-debug': ['prod', 0.04, false, 9],
  'logs-read': ['prod', 0, false, 6],
  'orders-repair': ['prod', 114.8, true, 5],
  'build-deploy': ['ci', 12, false, 4],
  'metrics-read': ['prod', 0, false, 3],
  'payroll-read': ['finance', 0.2, true, 2],
  'etl-backfill': ['data', 1_840, true, 2],
}
const often = Object.entries(roles).flatMap(([role, [, , , times]]) => Array(times).fill(role))
const reasons = [
  'Order is stuck in checkout since the deploy',
  'Customer cannot log in',
  'Queue keeps growing',
]

const events = []
const put = (kind, at, by, data, grant) =>
  events.push({ kind, at: Math.floor(at), by, data, request: 'r', grant })

function grant(n) {
  const who = pick(engineers)
  const place = engineers.indexOf(who)
  let at = start + Math.floor(random() * 92) * day + (7 + (place % 4) + random() * 8) * hour
  if ([0, 6].includes(new Date(at).getUTCDay()) && random() < 0.9) at -= 2 * day
  if (n % 211 === 77) at = Math.floor(at / day) * day + 2.6 * hour
  if (at < start) at += 7 * day
  const role = n % 397 === 200 ? 'gpu-train' : pick(often)
  const [account, usd, votes] = roles[role] ?? ['ml', undefined, true]
  const job = role === 'build-deploy'
  const address = n % 301 === 200 ? `198.51.100.${n % 200}` : `203.0.${113 + (place % 3)}.${10 + (n % 40)}`
  const by = job ? 'ci#repo:acme/orders' : subject(who)
  const asker = { subject: by, kind: job ? 'workload' : 'person', groups: [], claims: {}, address }
  const reason = `${pick(reasons)} (${1_000 + n}).`
  const ask = { role, reason, ...(random() < 0.9 && { ticket: `OPS-${100 + n}` }) }
  const receipt = {
    usd: usd ?? 0,
    unbounded: usd === undefined ? [{ action: 'sagemaker:CreateTrainingJob', why: 'no quota holds it' }] : [],
    unpricedCount: 0,
  }
  const arn = `arn:aws:iam::123456789012:role/stint-${role}`
  const scope = { role, account: '123456789012', accountName: account, arn, statements: [], regions: [] }
  const decision = { outcome: votes ? 'approve' : 'allow', checks: [], scope, cost: { receipt }, config: 'c' }
  const grantId = id(n)
  const moved = { role, asker: by }
  const window = (from) => ({ activeAt: Math.floor(from), endsAt: Math.floor(from + hour) })
  if (random() < 0.06) {
    const checks = [{ check: pick(['ticket', 'network', 'window']), ok: false, detail: '' }]
    return put(
      'grant.denied',
      at,
      by,
      { asker, ask, decision: { ...decision, checks }, closedAt: at },
      grantId,
    )
  }
  let active = at
  if (votes) {
    const lead = who === 'kemal' ? 'mira' : pick(leads)
    const voted = at + (lead === 'mira' ? 4_000 + random() * 30_000 : minute + random() * 15 * minute)
    put('grant.pending', at, by, { asker, ask, decision, decideBy: at + 30 * minute }, grantId)
    if (n % 89 === 3) put('request.refused', at + 500, by, { operation: 'vote', why: 'own_ask' }, grantId)
    if (random() < 0.04) return
    const answer = lead !== 'mira' && random() < 0.1 ? 'no' : 'yes'
    put('vote.cast', voted, subject(lead), { answer, voter: { subject: subject(lead) } }, grantId)
    if (answer === 'no')
      return put('grant.denied', voted, subject(lead), { ...moved, closedAt: Math.floor(voted) }, grantId)
    put('grant.active', voted, subject(lead), { ...moved, ...window(voted), decision }, grantId)
    active = voted
  } else put('grant.active', at, by, { asker, ask, decision, ...window(at) }, grantId)
  const issuance = id(100_000 + n)
  const row = { issuance, sessionName: `${who}-${issuance}`, startedAt: Math.floor(active + 1) }
  put('issuance.started', active + 1, by, { ...row, roleArn: arn, caller: asker }, grantId)
  if (n % 251 === 100) put('issuance.unknown', active + 71_000, 'stint', row, grantId)
  else put('issuance.done', active + 180, by, { ...row, accessKeyId: `ASIA${issuance.slice(-16)}` }, grantId)
  if (n % 173 !== 50) return
  const closing = { closedAt: Math.floor(active + 20 * minute), reason: 'The table is being restored.' }
  put(
    'grant.revoked',
    active + 20 * minute,
    subject('bo'),
    { ...moved, ...window(active), ...closing },
    grantId,
  )
}

put('config.loaded', start - day, 'stint', { config: 'a'.repeat(64) })
for (let n = 0; n < 1_200; n++) grant(n)
put('config.loaded', start + 40 * day, 'stint', { config: 'b'.repeat(64) })
for (let n = 3; n < 92; n += 7) put('audit.read', start + n * day, subject('cy'), { filters: {} })

const origin = 'stint.example.com/record'
const { secret, verifier } = makeSigner(origin, Buffer.alloc(32, 5))
const tree = createFrontier()
const [lines, kept] = [[], []]
let head = emptyHead
for (const event of events.sort((a, b) => a.at - b.at)) {
  head = link(event, head)
  lines.push(head.text)
  tree.add(Buffer.from(head.leaf, 'hex'))
  if (head.seq % 500 !== 0 && head.seq !== events.length) continue
  kept.push(signCheckpoint({ origin, size: head.seq, root: tree.root() }, [parseSigner(secret)]))
  lines.push(checkpointLine(kept.at(-1)))
}
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'record.ndjson'), lines.map((line) => `${line}\n`).join(''))
writeFileSync(join(folder, 'checkpoint.pub'), `${verifier}\n`)
writeFileSync(join(folder, 'kept'), kept.join(''))
