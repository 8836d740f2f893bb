import { readMigrations, shipped } from '../../src/store/migrate.js'
import { grantRow } from '../../src/store/rows.js'
import { grantOf, idOf } from '../contract/store-values.js'

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

/** The statements that make such a store, and those that bring it up to now. */
export function older(dialect: 'sqlite' | 'postgres') {
  const all = readMigrations(shipped(dialect))
  const at = all.findIndex(({ name }) => name.endsWith('_questions.sql'))
  const filled = inserts.map((text) =>
    dialect === 'sqlite'
      ? text.replace(', WORDS', '').replace(', VECTOR', '')
      : text.replace('WORDS', 'words').replace('VECTOR', "''"),
  )
  return [...all.slice(0, at).map(({ sql }) => sql), ...filled, ...all.slice(at).map(({ sql }) => sql)]
}
