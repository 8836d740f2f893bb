import { Fault } from '../fault.js'
import type { Broker, Call } from './broker.js'
import { refused } from './events.js'
import { noticesOf } from './notices.js'
import { redrawn } from './redraw.js'
import type { Change, Committed } from './store.js'

/** Decided again at most this often before the caller is told to come back. */
export const tries = 5

/** And this often where others were granted something at the same moment: of those that race, one gets on. */
const triesBeside = 25

type Conflict = Extract<Committed, { ok: false }>['conflict']

/**
 * Decides on a snapshot and commits the outcome if nothing it rested on has moved, else decides again.
 * `propose` reads, decides and returns the change with what to answer; it throws to refuse.
 */
export async function settle<T>(
  broker: Broker,
  propose: () => Promise<{ readonly change: Change; readonly result: T }>,
): Promise<T> {
  const met: Conflict[] = []
  const times = (conflict: Conflict) => met.filter((one) => one === conflict).length
  while (met.length - times('totals') < tries && times('totals') < triesBeside) {
    const { change, result } = await propose()
    const outcome = await commit(broker, change)
    if (outcome.ok) return result
    met.push(outcome.conflict)
    if (outcome.conflict === 'key') break
    if (times('config') > 1) throw unsettled()
    if (outcome.conflict === 'config') await broker.rulesMoved()
  }
  throw contended()
}

/** Commits what must not be decided again, with what of it is to be told; says what stood in the way. */
export async function commit(broker: Broker, change: Change): Promise<Committed> {
  const told = noticesOf(broker.catalog(), change)
  const outcome = await broker.store.commit(
    told.length > 0 ? { ...change, outbox: [...told, ...(change.outbox ?? [])] } : change,
  )
  if (outcome.ok) for (const grant of grantsIn(change)) broker.changed(grant)
  return outcome
}

const contended = () =>
  new Fault('contended', 'Others changed this at the same moment. Look at it again, then repeat.', {
    retryAfter: 1,
  })

const unsettled = () =>
  new Fault(
    'rules_unsettled',
    'The replicas of Stint have not all loaded the same rules yet. Try again in a moment.',
    { retryAfter: 2 },
  )

function grantsIn(change: Change): Set<string> {
  return new Set(
    [change.grant?.id, change.vote?.grant, change.issuance?.row.grant].filter((id) => id !== undefined),
  )
}

/** Refusals that say something about the caller, and so are on the record. */
const recorded = new Set(['denied', 'forbidden', 'not_found', 'conflict', 'key_reused'])

/**
 * Runs a verb and puts its refusal on the record before the caller hears of it; what was not so any more is drawn again.
 */
export async function onRecord<T>(
  broker: Broker,
  call: Call,
  operation: string,
  grant: string | undefined,
  verb: () => Promise<T>,
): Promise<T> {
  try {
    return await verb()
  } catch (error) {
    if (error instanceof Fault && recorded.has(error.code)) {
      const { code, detail, members } = error
      const { checks: failed, why } = members
      const at = broker.clock()
      await broker.store.commit({
        // Whoever asks for what cannot be done any more may be looking at a message that is out of date.
        ...(code === 'conflict' && grant !== undefined && { outbox: await redrawn(broker, grant, at) }),
        events: [
          refused(call, at, operation, grant, {
            code,
            detail,
            ...(failed ? { checks: failed } : {}),
            ...(why !== undefined && { why }),
          }),
        ],
      })
    }
    throw error
  }
}
