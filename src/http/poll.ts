import { isDeepStrictEqual } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Broker } from '../grant/broker.js'
import type { Grant, Snapshot } from '../grant/grant.js'
import { callOf } from './authenticate.js'
import { idOf } from './requests.js'
import type { Verbs } from './verbs.js'
import type { Waits } from './waits.js'

interface Polled {
  readonly broker: Broker
  readonly verbs: Verbs
  readonly waits: Waits
}

/**
 * A grant, held back for `wait` seconds at most until there is something new to see. The place to wait is
 * taken before the grant is read, so that no change falls between the two; it is free again when the answer is
 * ready or the client has gone. What the clock alone changes (lapsing, ending) ends the wait too.
 */
export async function readWhenChanged(
  { broker, verbs, waits }: Polled,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Snapshot> {
  const { wait, seen } = request.query as { readonly wait: number; readonly seen?: number }
  const [call, id] = [callOf(request), idOf(request)]
  if (wait === 0) return verbs.read(broker, call, id)

  const waiting = waits.open(id, call.caller.subject)
  reply.raw.once('close', () => waiting.end())
  try {
    const until = broker.clock() + wait * 1_000
    const first = await verbs.read(broker, call, id)
    if (hasNews(first.grant, seen)) return first
    for (;;) {
      const now = broker.clock()
      const woken = await waiting.over(Math.min(until - now, untilClock(first.grant, now)))
      const snapshot = await verbs.read(broker, call, id)
      // Woken in vain, as happens where another process's changes may have been missed: it waits on.
      if (!woken || !isDeepStrictEqual(snapshot, first)) return snapshot
    }
  } finally {
    waiting.end()
  }
}

/** Someone who saw a version wants any later one; someone who saw none wants to hear of the approval. */
function hasNews({ state, version }: Grant, seen: number | undefined): boolean {
  if (state !== 'pending' && state !== 'active') return true
  return seen === undefined ? state !== 'pending' : version !== seen
}

const untilClock = ({ state, decideBy, endsAt }: Grant, now: number): number => {
  const due = state === 'pending' ? decideBy : endsAt
  return due === undefined ? Infinity : Math.max(0, due - now)
}
