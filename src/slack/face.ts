import type { RespondFn, webApi } from '@slack/bolt'
import { Fault } from '../fault.js'
import type { Broker, Call } from '../grant/broker.js'
import { self } from '../grant/events.js'
import type { SlackPeople } from '../config/clicks.js'
import type { Caller } from '../identity/caller.js'
import type { Clock, Duration } from '../time.js'
import { refusalText } from './say.js'
import { confirmedEmail, slackId, whoClicked, type SignedUser } from './who.js'

/** What the handlers of Slack's clicks, views and commands work with. */
export interface SlackFace {
  readonly broker: Broker
  readonly people: () => SlackPeople
  /** With the schedules on which they are on call now. */
  readonly withDuties: (caller: Caller) => Promise<Caller>
  /** Remembers what must end before the store is closed. */
  readonly track: <T>(work: Promise<T>) => Promise<T>
  /** Secure random bytes. */
  readonly random: (bytes: number) => Uint8Array
  /** Whether this user has clicked too often within a minute; counts this click. */
  readonly tooOften: (user: string) => boolean
  readonly failed: (error: unknown, what: string) => void
}

/** One thing that somebody wants to have done. */
export interface Click {
  readonly signed: SignedUser
  readonly client: webApi.WebClient
  readonly operation: string
  readonly grant?: string
}

/** What became of it: a sentence for the one who clicked where it was refused. */
export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly text: string }

/**
 * Finds out who clicked, and does what they want in their name. What was refused to nobody that Stint knows is put on
 * the record here; all else by the verb.
 */
export async function inTheirName<T>(
  face: SlackFace,
  click: Click,
  verb: (call: Call) => Promise<T>,
): Promise<Done<T>> {
  const { broker } = face
  let known = true
  return guarded(
    face,
    click,
    () => known,
    async () => {
      const email = (id: string) => confirmedEmail(click.client, id)
      const who = await whoClicked(broker, face.people(), email, click.signed).catch(
        async (error: unknown) => {
          if (error instanceof Fault && error.code === 'forbidden') await recordStranger(broker, click, error)
          throw error
        },
      )
      known = who.known
      return verb({ caller: await face.withDuties(who.caller), request: broker.newId(broker.clock()) })
    },
  )
}

/** Turns whatever is thrown into a sentence. */
export async function guarded<T>(
  face: SlackFace,
  { signed, grant, operation }: Omit<Click, 'client'>,
  known: () => boolean,
  run: () => Promise<T>,
): Promise<Done<T>> {
  try {
    if (face.tooOften(slackId(signed)))
      throw new Fault(
        'rate_limited',
        'This is more than Stint takes of one person in a minute. Wait a little.',
      )
    return { ok: true, value: await face.track(run()) }
  } catch (error) {
    if (!(error instanceof Fault)) face.failed(error, `${operation} from Slack failed`)
    const fault = error instanceof Fault ? error : inside
    return { ok: false, text: refusalText(fault, grant, known()) }
  }
}

const inside = new Fault(
  'internal',
  'Something went wrong inside Stint, or Slack did not answer. Nothing was done.',
)

async function recordStranger(broker: Broker, click: Click, { code, detail }: Fault): Promise<void> {
  const { operation, grant, signed } = click
  await broker.store.commit({
    events: [
      {
        kind: 'request.refused',
        at: broker.clock(),
        by: self,
        ...(grant && { grant }),
        data: { operation, via: { road: 'slack', user: slackId(signed) }, code, detail },
      },
    ],
  })
}

/** Tells only the one who clicked. */
export async function whisper(face: SlackFace, respond: RespondFn | undefined, text: string): Promise<void> {
  await respond?.({ response_type: 'ephemeral', replace_original: false, text }).catch((error: unknown) =>
    face.failed(error, 'a refusal could not be told in Slack'),
  )
}

const minute: Duration = 60_000

/** Counts by the minute how often each user clicks. */
export function createCounter(clock: Clock, most = 60): (user: string) => boolean {
  let since = clock()
  const counts = new Map<string, number>()
  return (user) => {
    if (clock() - since >= minute) {
      since = clock()
      counts.clear()
    }
    const count = (counts.get(user) ?? 0) + 1
    counts.set(user, count)
    return count > most
  }
}
