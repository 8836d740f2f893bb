import type { Event, Head } from '../audit/event.js'
import { Fault } from '../fault.js'
import type { Instant } from '../time.js'
import { self } from './events.js'
import type { Store } from './store.js'

/** A head as its operator notes it: `seq:leaf`. */
export const headText = ({ seq, leaf }: Head): string => `${seq}:${leaf}`

/** Reads what `headText` writes; undefined for anything else. */
export function parseHead(text: string): Head | undefined {
  const [, seq, leaf] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  return seq === undefined || leaf === undefined ? undefined : { seq: Number(seq), leaf }
}

/** The operator's word that a store older than the noted head is the record from now on. */
export const restored = (expected: Head, found: Head, reason: string, at: Instant): Event => ({
  kind: 'log.restored',
  at,
  by: self,
  data: { expected: headText(expected), found: headText(found), reason },
})

/**
 * Whether the record holds the head that its operator noted. One that does not is an older copy, or another
 * one: grants, votes and issuances of it are missing, until the operator says that it is to be so.
 */
export async function holds(store: Store, expected: Head): Promise<boolean> {
  if (expected.seq === 0) return true
  // The leaf is there also where the event was dropped.
  const [leaf] = await store.hashes(0, expected.seq - 1, expected.seq)
  if (leaf === expected.leaf) return true
  for (let after = 0; ;) {
    const page = await store.events({ kinds: ['log.restored'], after, limit: 100 })
    if (page.some(({ text }) => isFor(text, expected))) return true
    const last = page.at(-1)
    if (!last) return false
    after = last.seq
  }
}

const isFor = (text: string, expected: Head): boolean =>
  (JSON.parse(text) as Event).data['expected'] === headText(expected)

/**
 * Makes the check before anything is issued: it rejects with `record_behind` for as long as the record does
 * not hold the `expected` head. Once it does, it is not looked at again. Without one there is nothing to hold.
 */
export function guardRecord(store: Store, expected: Head | undefined): () => Promise<void> {
  let held = expected === undefined
  return async () => {
    if (held || expected === undefined) return
    held = await holds(store, expected)
    if (held) return
    throw new Fault(
      'record_behind',
      'The record is older than the head that its operator noted, so nothing is issued. An operator must look: stint store restored --help.',
    )
  }
}
