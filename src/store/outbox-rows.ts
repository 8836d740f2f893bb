import type { Head } from '../audit/event.js'
import { Fault } from '../fault.js'
import type { Claimed, Notice, Tidings } from '../grant/outbox.js'
import { exact } from './rows.js'

export type OutboxRow = {
  readonly n: number
  readonly lane: string
  readonly about: string
  readonly what: string
  readonly ref: string | null
  readonly at: number
  readonly dueAt: number
  readonly tries: number
  readonly claimedUntil: number
  readonly unsureSince: number | null
}

export type PostRow = {
  readonly lane: string
  readonly about: string
  readonly channel: string
  readonly ts: string
  readonly drawn: string
}

/** How many notices may come with one event. */
const places = 256

/** The rows of notices that come with a commit whose last event is at `head`. */
export function outboxRows(notices: readonly Notice[], head: Head, events: number): readonly OutboxRow[] {
  if (notices.length > 0 && (events === 0 || notices.length > places))
    throw new Fault('internal', 'Nothing is told that is not on the record, and not so much at once.')
  return notices.map((notice, place) => ({
    n: head.seq * places + place,
    lane: exact(notice.lane),
    about: exact(notice.about),
    what: notice.what,
    ref: notice.ref ?? null,
    at: notice.at,
    dueAt: notice.at,
    tries: 0,
    claimedUntil: 0,
    unsureSince: null,
  }))
}

/** A row as it was when it was taken, but for `tries`, which counts that. */
export const toClaimed = ({ n, lane, about, what, ref, at, tries, unsureSince }: OutboxRow): Claimed => ({
  n,
  lane,
  about,
  what: what as Tidings,
  ...(ref !== null && { ref }),
  at,
  tries,
  ...(unsureSince !== null && { unsureSince }),
})
