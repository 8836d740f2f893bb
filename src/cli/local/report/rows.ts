import { csvLine, type Cell } from '../../../audit/format.js'
import type { History } from '../../../audit/history.js'
import type { Finding } from '../../../audit/review/finding.js'
import type { Review } from '../../../audit/review/review.js'
import { isUnbounded, yesOf } from '../../../audit/review/uses.js'
import { iso, type Instant } from '../../../time.js'

const time = (at: Instant | undefined): string | undefined => (at === undefined ? undefined : iso(at))

const columns: readonly (readonly [name: string, of: (history: History) => Cell])[] = [
  ['id', ({ id }) => id],
  ['askedAt', ({ askedAt }) => iso(askedAt)],
  ['state', ({ state }) => state],
  ['outcome', ({ outcome }) => outcome],
  ['subject', ({ asker }) => asker.subject],
  ['kind', ({ asker }) => asker.kind],
  ['actor', ({ asker }) => asker.actor],
  ['address', ({ asker }) => asker.address],
  ['role', ({ role }) => role],
  ['account', ({ scope }) => scope?.account],
  ['accountName', ({ scope }) => scope?.accountName],
  ['reason', ({ reason }) => reason],
  ['ticket', ({ ticket }) => ticket],
  ['failed', ({ failed }) => failed.join(' ')],
  ['activeAt', ({ activeAt }) => time(activeAt)],
  ['endsAt', ({ endsAt }) => time(endsAt)],
  ['closedAt', ({ closedAt }) => time(closedAt)],
  ['closedBy', ({ closedBy }) => closedBy],
  ['closedReason', ({ closedReason }) => closedReason],
  ['costUsd', ({ cost }) => cost.usd],
  ['costUnbounded', isUnbounded],
  ['rules', ({ rules }) => rules.join(' ')],
  ['agreedBy', (history) => yesOf(history).join(' ')],
  ['refusedBy', ({ votes }) => votes.flatMap(({ answer, by }) => (answer === 'no' ? by : [])).join(' ')],
  ['credentials', ({ issuances }) => issuances.filter(({ state }) => state === 'done').length],
  ['accessKeyIds', ({ issuances }) => issuances.flatMap(({ accessKeyId }) => accessKeyId ?? []).join(' ')],
  ['sessionNames', ({ issuances }) => issuances.flatMap(({ sessionName }) => sessionName ?? []).join(' ')],
  ['config', ({ config }) => config],
]

/** The review as CSV, a grant a line: with the rules that found something unusual about it, by their ids. */
export function* rowsOf({ grants, findings }: Review): Generator<string> {
  const unusual = idsByGrant(findings)
  yield csvLine([...columns.map(([name]) => name), 'unusual'])
  for (const history of grants)
    yield csvLine([...columns.map(([, of]) => of(history)), (unusual.get(history.id) ?? []).join(' ')])
}

function idsByGrant(findings: readonly Finding[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>()
  for (const { id, rows } of findings)
    for (const grant of new Set(rows.flatMap(({ grants = [] }) => grants))) {
      const own = ids.get(grant)
      if (own) own.push(id)
      else ids.set(grant, [id])
    }
  return ids
}
