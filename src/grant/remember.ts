import type { Caller } from '../identity/caller.js'
import type { Broker } from './broker.js'

/** How many people are remembered to have been written down. */
const most = 50_000

/**
 * Keeps what the newest verified token of each person says, so that a click that brings none can be judged by it.
 * A token says the same for ever: it is written once, not at each request. `slackId` finds a person's user of Slack
 * in their claims. Never rejects: what could not be kept is told to `failed`, and clicks are refused for want of it.
 */
export function createMemory(
  { store }: Pick<Broker, 'store'>,
  slackId: (caller: Caller) => string | undefined,
  failed: (error: unknown) => void,
): (caller: Caller) => Promise<void> {
  const written = new Map<string, { readonly at: number; readonly text: string }>()
  return async (caller) => {
    if (caller.kind !== 'person' || caller.via) return
    const { issuedAt: at, expiresAt: _end, address: _here, onCall: _now, ...identity } = caller
    const text = JSON.stringify(identity)
    const before = written.get(identity.subject)
    if (before && (before.at > at || (before.at === at && before.text === text))) return
    if (written.size >= most) written.clear()
    written.set(identity.subject, { at, text })
    const slack = slackId(caller)
    await store
      .commit({ person: { identity, at, ...(slack !== undefined && { slack }) }, events: [] })
      .catch((error: unknown) => {
        written.delete(identity.subject)
        failed(error)
      })
  }
}
