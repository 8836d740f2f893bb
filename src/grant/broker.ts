import type { Catalog } from '../catalog/catalog.js'
import type { Caller } from '../identity/caller.js'
import type { Clock, Instant } from '../time.js'
import type { Deny } from './deny.js'
import type { Credentials, Mint } from './mint.js'
import type { Snapshot } from './grant.js'
import type { Store } from './store.js'

/** What every verb works with. Wired once, in `app.ts`. */
export interface Broker {
  readonly store: Store
  readonly mint: Mint
  /** Absent where no role's entry lets Stint deny in AWS. */
  readonly deny?: Deny
  /** Today's catalogue: a reload replaces it between two requests, never within one. */
  readonly catalog: () => Catalog
  readonly clock: Clock
  /** A fresh ULID for this moment. */
  readonly newId: (at: Instant) => string
  /** Told of each grant that changed, after the change is durable. */
  readonly changed: (grant: string) => void
  /** Rejects with `record_behind` while nothing may be issued on this record. */
  readonly recordHolds: () => Promise<void>
  /** Looks again which rules are in force, after others than the catalogue's were found to be. */
  readonly rulesMoved: () => Promise<void>
}

/** Who calls, and the id of the request, which is in its log lines, its problem and its events. */
export interface Call {
  readonly caller: Caller
  readonly request: string
}

/**
 * Turns a grant with its fresh credentials into the bytes of the answer. It runs before the issuance is
 * committed as done, so that nothing can fail between the record and the first byte.
 */
export type Render<T> = (snapshot: Snapshot, credentials: Credentials) => T

/** What became of an ask. The answer's bytes are there only with credentials in them. */
export type Asked<T> =
  | { readonly kind: 'active'; readonly id: string; readonly answer: T }
  | { readonly kind: 'pending' | 'denied'; readonly snapshot: Snapshot }

/** The caller's `Idempotency-Key` and the SHA-256 of what the body said (the JSON, written again). */
export interface Key {
  readonly key: string
  readonly body: string
}
