import { emptyHead, link } from '../../src/audit/chain.js'
import type { Event, EventKind } from '../../src/audit/event.js'

/** What a made-up grant is to be: what is left out is usual. Times are milliseconds, `after` from the ask on. */
export interface MadeGrant {
  readonly at: number
  readonly who?: string
  readonly kind?: 'person' | 'workload'
  readonly address?: string
  readonly role?: string
  readonly reason?: string
  readonly ticket?: string | undefined
  readonly usd?: number
  readonly unbounded?: boolean
  /** Names of the checks that fail: it is denied at once. */
  readonly failed?: readonly string[]
  /** It waits for votes, and is granted by a yes; a no denies it. */
  readonly votes?: readonly { readonly by: string; readonly after: number; readonly answer?: 'yes' | 'no' }[]
  /** How each issuance ended, and where it was collected from. */
  readonly issued?: readonly { readonly state: string; readonly address?: string }[]
  readonly revokedBy?: string
  /** The glass was broken; who signed the review a minute later. */
  readonly glass?: { readonly signedBy?: string }
}

/** A record that is put together by hand, with events as the broker writes them. */
export function madeRecord() {
  const events: Event[] = []
  let grants = 0
  const subject = (name: string) => `corp#${name}`
  const put = (kind: EventKind, at: number, by: string, data: Event['data'], grant?: string) =>
    void events.push({ kind, at, by, data, request: 'r', ...(grant !== undefined && { grant }) })

  function grant(made: MadeGrant): string {
    const { at, who = 'ana', kind = 'person', address = '203.0.113.7', role = 'orders-debug' } = made
    const { reason = `order ${grants}`, usd = 0, unbounded = false, failed = [], votes, issued = [] } = made
    const id = `01K${String(++grants).padStart(23, '0')}`
    const by = subject(who)
    const asker = { subject: by, issuer: 'x', kind, groups: [], claims: {}, address }
    const ticket = 'ticket' in made ? made.ticket : 'OPS-1'
    const receipt = { usd, unbounded: unbounded ? [{ action: 'x:Y', why: 'z' }] : [], unpricedCount: 0 }
    const scope = {
      ...{
        role,
        account: '123456789012',
        accountName: 'prod',
        arn: `arn:aws:iam::123456789012:role/${role}`,
      },
      ...{ statements: [], regions: ['us-east-1'], window: 3_600_000, lifetime: 900_000 },
    }
    const decision = {
      outcome: failed.length > 0 ? 'deny' : votes ? 'approve' : 'allow',
      checks: failed.map((check) => ({ check, ok: false, detail: 'x' })),
      requirements: votes ? [{ rule: 'leads' }] : [],
      ...{ scope, cost: { concerns: [], receipt }, config: 'c', at },
    }
    const ask = { role, reason, ticket }
    const asked = { asker, ask, decision }
    const moved = { role, asker: by }
    const window = (from: number) => ({ activeAt: from, endsAt: from + 3_600_000 })
    let active: number | undefined
    if (failed.length > 0) put('grant.denied', at, by, { ...asked, closedAt: at }, id)
    else if (votes) {
      put('grant.pending', at, by, { ...asked, decideBy: at + 1_800_000 }, id)
      for (const { by: voter, after, answer = 'yes' } of votes) {
        const data = { answer, voter: { subject: subject(voter) }, standing: [] }
        put('vote.cast', at + after, subject(voter), data, id)
      }
      const last = votes.at(-1)
      const end = at + (last?.after ?? 0)
      const refused = votes.find(({ answer }) => answer === 'no')
      if (refused) put('grant.denied', end, subject(refused.by), { ...moved, closedAt: end }, id)
      else if (last) put('grant.active', end, subject(last.by), { ...moved, ...window(end), decision }, id)
      if (last && !refused) active = end
    } else {
      put('grant.active', at, by, { ...asked, ...window(at) }, id)
      active = at
    }
    for (const [n, { state, address: from = address }] of issued.entries()) {
      const row = { issuance: `${id}-${n}`, sessionName: `${who}-${n}`, startedAt: at + n }
      put('issuance.started', at + n, by, { ...row, caller: { ...asker, address: from } }, id)
      if (state !== 'started')
        put(`issuance.${state}` as EventKind, at + n, by, { ...row, accessKeyId: `ASIA${id}${n}` }, id)
    }
    if (made.glass) put('review.opened', at, by, { role, reason }, id)
    if (made.glass?.signedBy !== undefined)
      put('review.signed', at + 60_000, subject(made.glass.signedBy), { role, asker: by, text: 'seen' }, id)
    if (made.revokedBy !== undefined) {
      const closedAt = at + 60_000
      const data = { ...moved, ...window(active ?? at), closedAt, reason: 'wrong table' }
      put('grant.revoked', closedAt, subject(made.revokedBy), data, id)
    }
    return id
  }

  return {
    grant,
    put,
    /** The texts, one after the other in the order in which they were put. */
    texts(): readonly string[] {
      let head = emptyHead
      return events.map((event) => {
        const entry = link(event, head)
        head = entry
        return entry.text
      })
    },
  }
}
