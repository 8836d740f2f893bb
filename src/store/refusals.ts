import type { Entry } from '../audit/event.js'

interface Checked {
  readonly check: string
  readonly ok: boolean
}

interface Refused {
  readonly code?: string
  readonly why?: string
  readonly checks?: readonly Checked[]
  readonly decision?: { readonly checks: readonly Checked[] }
}

/**
 * Why an event says no: the code of the refusal, each check that failed, and what else is known of it (`own_ask`:
 * a vote on one's own; `vote`: an approver said no). Undefined of an event that refuses nothing.
 */
export function reasonsOf({ kind, text }: Pick<Entry, 'kind' | 'text'>): readonly string[] | undefined {
  if (kind !== 'grant.denied' && kind !== 'request.refused') return undefined
  const { data } = JSON.parse(text) as { readonly data: Refused }
  const checks = data.decision?.checks ?? data.checks ?? []
  const byVote = kind === 'grant.denied' && !data.decision
  return [
    ...new Set([
      data.code ?? 'denied',
      ...(data.why === undefined ? [] : [data.why]),
      ...(byVote ? ['vote'] : []),
      ...checks.filter(({ ok }) => !ok).map(({ check }) => check),
    ]),
  ]
}
