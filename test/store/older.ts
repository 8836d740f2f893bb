import { readMigrations, shipped } from '../../src/store/migrate.js'
import { grantRow } from '../../src/store/rows.js'
import { reasonsOf } from '../../src/store/refusals.js'
import { emptyHead, link } from '../../src/audit/chain.js'
import type { Event } from '../../src/audit/event.js'
import { eventOf, grantOf, idOf } from '../contract/store-values.js'

/** Grants as they were before auditors' questions had columns of their own, and what the columns must come to. */
const asked = [undefined, 0, 0.29, 10, 1.1, 1_234.501, Infinity].map((usd, n) => ({
  ...grantOf(idOf(n), {
    ...(usd !== undefined && { usd }),
    config: `rules${n}`,
    reason: 'half \ud800 a pair',
  }),
}))
const receipts = [
  { usd: 3.001, unbounded: [] },
  { usd: 3, unbounded: [{ action: 'a:B', why: 'x' }] },
].map((receipt, n) => {
  const grant = grantOf(idOf(50 + n), { usd: 1 })
  return {
    ...grant,
    decision: { ...grant.decision, cost: { concerns: [], receipt } },
  } as unknown as typeof grant
})
const rows = [...asked, ...receipts].map(grantRow)

export const wanted = rows.map(({ id, config, bound }) => ({ id, config, bound }))

const inserts = rows.map(
  ({ body, id }) =>
    `INSERT INTO grants (id, version, state, subject, role, outcome, created_at, body, decide_by, WORDS)
     VALUES ('${id}', 1, 'pending', 'corp#ada', 'r', 'approve', 1, '${body}', 9, VECTOR);`,
)

const checks = [
  { check: 'who', ok: true, detail: 'half \ud800' },
  { check: 'ticket', ok: false },
  { check: 'reason', ok: false },
]
const events: readonly Partial<Event>[] = [
  { kind: 'grant.pending', data: { decision: { checks } } },
  { kind: 'grant.denied', data: { decision: { checks } } },
  { kind: 'grant.denied', data: { reason: 'no' } },
  { kind: 'request.refused', data: { code: 'denied', checks } },
  { kind: 'request.refused', data: { code: 'not_found', detail: 'There is none' } },
]
let head = emptyHead
const entries = events.map((parts) => {
  const entry = link(eventOf(parts), head)
  head = entry
  return entry
})
/** Each refusal, by reason and then in the order of the log. */
export const refusals = entries
  .flatMap((entry) => (reasonsOf(entry) ?? []).map((reason) => ({ reason, seq: entry.seq })))
  .sort((a, b) => (a.reason === b.reason ? a.seq - b.seq : a.reason < b.reason ? -1 : 1))
const appended = entries.map(
  ({ seq, at, kind, by, text, leaf }) =>
    `INSERT INTO events (seq, at, kind, by, text, leaf) VALUES (${seq}, ${at}, '${kind}', '${by}', '${text}', '${leaf}');`,
)

/** The statements that make such a store, and those that bring it up to now. */
export function older(dialect: 'sqlite' | 'postgres') {
  const all = readMigrations(shipped(dialect))
  const at = all.findIndex(({ name }) => name.endsWith('_questions.sql'))
  const filled = inserts.map((text) =>
    dialect === 'sqlite'
      ? text.replace(', WORDS', '').replace(', VECTOR', '')
      : text.replace('WORDS', 'words').replace('VECTOR', "''"),
  )
  return [
    ...all.slice(0, at).map(({ sql }) => sql),
    ...filled,
    ...appended,
    ...all.slice(at).map(({ sql }) => sql),
  ]
}
