import type { Grant } from '../../http/contract.js'
import type { Client } from './client.js'
import { waitingLine } from './decision-text.js'
import type { Session } from './frame.js'
import * as shape from './shape.js'
import { Stop } from './stop.js'

/** One round of the long poll, in seconds, as the contract bounds it. */
const round = 30

/**
 * Waits until a grant is no longer pending; resolves to it when it is active, and rejects with a `Stop` when it became
 * anything else. Ctrl-C leaves it waiting and says how to go on; `resume` is the command for that.
 */
export async function waitFor(
  { world, say }: Session,
  client: Client,
  grant: Grant,
  resume: string,
): Promise<Grant> {
  let current = grant
  const left = new AbortController()
  const goOn = () => new Stop('pending', `${grant.id} still waits. Go on with: ${resume}`)
  let interrupt: (stop: Stop) => void = () => undefined
  const interrupted = new Promise<never>((_, reject) => (interrupt = reject))
  interrupted.catch(() => undefined)
  const off = (['SIGINT', 'SIGTERM'] as const).map((signal) =>
    world.on(signal, () => {
      interrupt(goOn())
      // Or the process would stay for the rest of the round.
      left.abort()
    }),
  )
  try {
    while (current.state === 'pending' && !left.signal.aborted) {
      const asked = client.get(`/v1/grants/${current.id}`, {
        query: { wait: round, seen: current.version },
        within: (round + 15) * 1_000,
        signal: left.signal,
      })
      asked.catch(() => undefined)
      const line = waitingLine(current, world.clock())
      const { body } = await say.during(line, Promise.race([asked, interrupted]))
      current = shape.read<Grant>(body, shape.grant)
    }
  } catch (error) {
    // Whatever it was, a network that is gone or a sign-in that is over: the ask is still there.
    if (!left.signal.aborted) say.note(`${grant.id} may still wait. Go on with: ${resume}`)
    throw error
  } finally {
    for (const stop of off) stop()
  }
  return activeOrStop(current)
}

/** The grant, if it is active; else why it is not, as a `Stop` with the exit code of that. */
export function activeOrStop(grant: Grant): Grant {
  if (grant.state === 'active') return grant
  const no = grant.votes?.find(({ answer }) => answer === 'no')
  const failed = grant.decision.checks.find(({ ok }) => !ok)
  const why =
    no !== undefined
      ? `by ${no.voter}${no.reason === undefined ? '' : `: ${no.reason}`}`
      : grant.state === 'denied'
        ? (failed?.detail ?? '')
        : (grant.closedReason ?? '')
  const detail = `${grant.id} is ${grant.state}${why ? ` ${why}` : ''}.`.replace(/\.\.$/, '.')
  throw new Stop(grant.state === 'denied' ? 'denied' : 'conflict', detail)
}
