import { emptyHead, follow } from '../src/audit/chain.js'
import type { EventKind, Head } from '../src/audit/event.js'
import { grantStates, type GrantState, type IssuanceState } from '../src/grant/grant.js'
import { table, type Step } from '../src/grant/states.js'

/** What the record says of one issuance. */
export interface RecordedIssuance {
  readonly grant: string
  readonly sessionName: string
  state: IssuanceState
  readonly startedAt: number
  accessKeyId?: string
  attempts?: number
}

/** What the record says of one grant: every state that it was in, in order. */
export interface RecordedGrant {
  readonly states: GrantState[]
  /** As the asker wrote it: in this load, no two asks have the same. */
  readonly reason: string
}

/** One line, as far as it is looked at. */
interface Line {
  readonly kind: EventKind
  readonly at: string
  readonly grant?: string
  readonly request?: string
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * The record as it was read so far, folded once more and from its texts alone: nothing here asks the store or
 * the broker what it thinks.
 */
export interface Reading {
  readonly grants: ReadonlyMap<string, RecordedGrant>
  readonly issuances: ReadonlyMap<string, RecordedIssuance>
  /** The issuance that has this RoleSessionName. */
  readonly sessions: ReadonlyMap<string, RecordedIssuance>
  /** What was recorded on behalf of a request. */
  readonly requests: ReadonlyMap<string, readonly Line[]>
  readonly head: () => Head
  /** Takes the next texts in. Returns what is wrong with them, one sentence each. */
  take(texts: readonly string[]): readonly string[]
}

/** What moves a grant, and is not a step of a voting or an issuing that leaves it where it is. */
const moves = (Object.keys(table) as Step[]).filter((step) => step !== 'issue' && step !== 'vote_short')

/** How an issuance may end; what a sweep gave up for lost may be corrected by whoever has the answer after all. */
const endings: Readonly<Record<IssuanceState, readonly IssuanceState[]>> = {
  started: ['done', 'withheld', 'failed', 'unknown'],
  unknown: ['withheld', 'failed'],
  done: [],
  withheld: [],
  failed: [],
}

export function createRecord(): Reading {
  const grants = new Map<string, RecordedGrant>()
  const issuances = new Map<string, RecordedIssuance>()
  const sessions = new Map<string, RecordedIssuance>()
  const requests = new Map<string, Line[]>()
  let head: Head = emptyHead

  function take(text: string): string | undefined {
    const followed = follow(text, head)
    if (!('head' in followed)) return `chain: ${followed.detail}`
    head = followed.head
    const line = JSON.parse(text) as Line
    if (line.request !== undefined) requests.set(line.request, [...(requests.get(line.request) ?? []), line])
    const [room, word] = line.kind.split('.')
    const wrong =
      room === 'grant' && line.grant !== undefined
        ? move(line, line.grant, word as GrantState)
        : room === 'issuance' && line.grant !== undefined
          ? issue(line, line.grant, word as IssuanceState)
          : undefined
    return wrong === undefined ? undefined : `entry ${head.seq}: ${wrong}`
  }

  function move({ data }: Line, id: string, state: GrantState): string | undefined {
    const grant = grants.get(id)
    if (!grant) {
      const { ask } = data as { ask?: { reason?: string } }
      if (!ask || !['denied', 'pending', 'active'].includes(state)) return `grant ${id} begins as ${state}`
      grants.set(id, { states: [state], reason: ask.reason ?? '' })
      return undefined
    }
    const before = grant.states.at(-1)
    grant.states.push(state)
    const legal = moves.some((step) => before !== undefined && table[step][before] === state)
    return legal ? undefined : `grant ${id} went from ${before} to ${state}`
  }

  function issue({ at, data }: Line, grant: string, state: IssuanceState): string | undefined {
    const {
      issuance: id,
      sessionName,
      accessKeyId,
      attempts,
    } = data as {
      readonly issuance: string
      readonly sessionName: string
      readonly accessKeyId?: string
      readonly attempts?: number
    }
    const known = issuances.get(id)
    const now = grants.get(grant)?.states.at(-1)
    if (state === 'started') {
      const made: RecordedIssuance = { grant, sessionName, state, startedAt: Date.parse(at) }
      issuances.set(id, made)
      sessions.set(sessionName, made)
      if (known) return `issuance ${id} was started twice`
      return now === 'active' ? undefined : `issuance ${id} was started on a grant that was ${now}`
    }
    if (!known) return `issuance ${id} ended as ${state} and was never started`
    const before = known.state
    known.state = state
    if (accessKeyId !== undefined) known.accessKeyId = accessKeyId
    if (attempts !== undefined) known.attempts = attempts
    if (!endings[before].includes(state)) return `issuance ${id} went from ${before} to ${state}`
    return state === 'done' && now !== 'active'
      ? `issuance ${id} was done on a grant that was ${now}`
      : undefined
  }

  return {
    grants,
    issuances,
    sessions,
    requests,
    head: () => head,
    take: (texts) => texts.map(take).filter((wrong) => wrong !== undefined),
  }
}

/** Whether a word is the name of a state. */
export const isState = (word: unknown): word is GrantState => grantStates.some((state) => state === word)
