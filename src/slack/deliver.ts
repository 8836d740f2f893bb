import type { webApi } from '@slack/bolt'
import type { Broker } from '../grant/broker.js'
import type { Claimed, Settled } from '../grant/outbox.js'
import type { Duration } from '../time.js'
import { tell } from './tell.js'
import { troubleOf, type Trouble } from './web.js'

interface DeliverOptions {
  readonly broker: Broker
  readonly client: webApi.WebClient
  readonly ticketUrl?: string
  /** Directories whose subjects are addresses by which people are known in Slack. */
  readonly emails: () => readonly string[]
  /** A number from 0 to 1, so that replicas do not come back all at once. */
  readonly chance: () => number
  readonly failed: (error: unknown, what: string) => void
}

/** How many notices are told at the same time. */
const atOnce = 10

/** How long whoever took a notice has it: longer than all its calls to Slack may take. */
const claimedFor: Duration = 300_000

const shortest: Duration = 1_000
const longest: Duration = 300_000

/** What no repetition mends. */
const hopeless =
  /^(invalid_blocks.*|msg_.*too_long|no_text|invalid_arguments|.*metadata.*|user_not_found|user_disabled|users_not_found|cannot_dm_bot|messages_tab_disabled|thread_not_found|message_not_found|cant_update_message|edit_window_closed)$/

/**
 * Tells Slack what is due. Returned is one round, to be repeated: it takes what it can, tells it, and notes what
 * came of it. Nothing but Slack's own view waits for Slack.
 */
export function createDelivery(options: DeliverOptions): () => Promise<void> {
  const { broker, chance, failed } = options
  const { clock, store } = broker
  let quietUntil = 0

  /** From one second on twice as long each time, to five minutes; half of it is chance. */
  const backoff = (tries: number): Duration =>
    Math.min(longest, shortest * 2 ** Math.min(tries - 1, 10)) * (0.5 + chance() / 2)

  function afterTrouble(trouble: Trouble, { tries, what, about, unsureSince }: Claimed): Settled {
    const now = clock()
    // Where it was looked for first, the trouble may be that of the look, and says nothing of the try before.
    const sure = unsureSince === undefined && trouble.kind !== 'unsure'
    if (trouble.kind === 'limited') {
      const due = now + Math.max(shortest, trouble.after)
      quietUntil = Math.max(quietUntil, due)
      return { kind: 'again', due, sure }
    }
    if (trouble.kind === 'refused' && hopeless.test(trouble.error)) {
      failed(new Error(`${trouble.error}: ${what} of ${about}`), 'Slack does not take this; it is not told')
      return { kind: 'done' }
    }
    if (tries === 1 || tries % 10 === 0)
      failed(new Error(`${trouble.error}: ${what} of ${about}, try ${tries}`), 'Slack was not told yet')
    return { kind: 'again', due: now + Math.round(backoff(tries)), sure }
  }

  async function one(claimed: Claimed): Promise<void> {
    // What was taken together with what Slack has refused to hear now waits with it.
    const settled =
      clock() < quietUntil
        ? ({ kind: 'again', due: quietUntil, sure: claimed.unsureSince === undefined } as const)
        : await tell(options, claimed).catch((error: unknown) => afterTrouble(troubleOf(error), claimed))
    await store.outbox.settle(claimed, settled)
  }

  return async () => {
    for (;;) {
      const now = clock()
      if (now < quietUntil) return
      const claimed = await store.outbox.claim(now, now + claimedFor, atOnce)
      if (claimed.length === 0) return
      const told = await Promise.allSettled(claimed.map(one))
      for (const each of told)
        if (each.status === 'rejected') failed(each.reason, 'a notice could not be told or noted')
      if (told.some(({ status }) => status === 'rejected')) return
    }
  }
}
