import type { Catalog } from '../catalog/catalog.js'
import { centsOf } from '../decision/cents.js'
import type { Question } from '../decision/question.js'
import { between, totalsFor, type Total } from '../decision/spending.js'
import type { Identity } from '../identity/caller.js'
import type { Instant } from '../time.js'
import type { Broker } from './broker.js'
import type { Grant } from './grant.js'
import type { Change } from './store.js'

/** What a decision about an ask rests on besides the ask: what was granted before, and up to when. */
export type Counted = Required<Pick<Question, 'totals' | 'blocks'>> &
  Pick<Question, 'activeAt'> & { readonly now: Instant }

interface Wanted {
  readonly asker: Identity
  readonly role: string
  readonly account: string | undefined
}

/** Reads which blocks stand, and what was granted before, as of now; nothing where no rule looks at it. */
export async function totalsNow(broker: Broker, wanted: Wanted): Promise<Counted> {
  const now = broker.clock()
  return { now, ...(await read(broker, wanted, now)) }
}

/**
 * The same for a grant. What is active was decided by what had been granted before it; what came after does not
 * count against it, or two would each stop the other.
 */
export async function totalsOf(broker: Broker, grant: Grant): Promise<Counted> {
  const wanted = { asker: grant.asker, role: grant.ask.role, account: grant.scope?.account }
  if (grant.activeAt === undefined) return totalsNow(broker, wanted)
  const { activeAt } = grant
  const now = broker.clock()
  return { now, activeAt, ...(await read(broker, wanted, activeAt, activeAt)) }
}

async function read(broker: Broker, wanted: Wanted, at: Instant, until?: Instant) {
  const [blocks, totals] = await Promise.all([broker.store.blocks(), readTotals(broker, wanted, at, until)])
  return { blocks, totals }
}

async function readTotals(
  broker: Broker,
  { asker, role, account }: Wanted,
  at: Instant,
  until?: Instant,
): Promise<readonly Total[]> {
  if (account === undefined) return []
  const wanted = totalsFor(broker.catalog(), {
    asker,
    role,
    account,
    at,
    ...(until !== undefined && { until }),
  })
  if (wanted.length === 0) return []
  const spent = await broker.store.totals(wanted)
  return wanted.map((of, n) => ({ of, spent: spent[n] ?? [] }))
}

/** The account that an ask is about, as far as it says so itself. */
export const accountOf = (
  { roles }: Catalog,
  role: string,
  account: string | undefined,
): string | undefined =>
  account ?? (roles.get(role)?.targets.size === 1 ? roles.get(role)?.targets.keys().next().value : undefined)

/** What must still be so when a grant becomes active: of what is past nothing changes any more. */
export function stillSo(
  { totals, activeAt, now }: Counted,
  catalog: Catalog,
  { asker, scope, decision }: Grant,
): Pick<Change, 'totals'> {
  if (activeAt !== undefined || totals.length === 0 || !scope) return {}
  const { role, account } = scope
  const cents = decision.cost ? centsOf(decision.cost) : 0
  const bounds = between(catalog, { asker, role, account, at: now }, totals, cents)
  return { totals: bounds.filter(({ least, most }) => least > 0 || most < Number.MAX_SAFE_INTEGER) }
}
