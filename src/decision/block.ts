import { peopleOf, type Identity } from '../identity/caller.js'
import type { Instant } from '../time.js'

/** What a block is on: a person (and the runs that they stand behind), a role, an account, or everything. */
export interface Blocked {
  readonly of: 'subject' | 'role' | 'account' | 'all'
  /** Canonical subject, role's name or account's id; empty for everything. */
  readonly name: string
}

/** While it stands, nothing is granted or issued to what it is on. */
export interface Block extends Blocked {
  readonly id: string
  /** Counts what happened to any block; this is when it last happened to this one. */
  readonly version: number
  readonly reason: string
  readonly by: string
  readonly at: Instant
  readonly lifted?: { readonly by: string; readonly at: Instant; readonly reason: string }
}

/** The blocks that stand, and the version of all: another one says that a block came or went. */
export interface Blocks {
  readonly version: number
  readonly standing: readonly Block[]
}

interface Hit {
  readonly asker: Identity
  readonly role: string
  readonly account: string | undefined
}

/** Whether a block is on what somebody asks for, or has. */
export function isOn({ of, name }: Blocked, { asker, role, account }: Hit): boolean {
  switch (of) {
    case 'subject':
      return peopleOf(asker).includes(name)
    case 'role':
      return role === name
    case 'account':
      return account === name
    default:
      return true
  }
}

/** What a block is on, as the end of "nothing is granted". */
export const blockedText = ({ of, name }: Blocked): string =>
  ({ subject: `to ${name}`, role: `of the role ${name}`, account: `in account ${name}`, all: 'at all' })[of]
